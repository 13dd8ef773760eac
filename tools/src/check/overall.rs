//! Rules about all connections together.

use num_bigint::BigUint;

use super::Verdict;
use super::arithmetic::{Group, Number};

/// A verdict about all connections together.
pub(crate) fn held_unless(broken: Option<String>) -> Verdict {
    match broken {
        None => Verdict::Held,
        Some(seen) => Verdict::Broken { seen, fault: None },
    }
}

/// Whether every key came once.
pub(crate) fn fresh_keys(keys: &[Number]) -> Verdict {
    let repeated = (1..keys.len()).find(|at| keys[..*at].contains(&keys[*at]));
    match repeated {
        _ if keys.len() < 2 => Verdict::NotShown("fewer than two keys came".to_owned()),
        None => Verdict::Held,
        Some(_) => Verdict::Broken {
            seen: "the same key came on two connections".to_owned(),
            fault: None,
        },
    }
}

/// Whether every key is from 2 to P-2.
pub(crate) fn valid_keys(keys: &[Number]) -> Verdict {
    let p = Group::of_mse().modulus().clone();
    let is_valid = |key: &&Number| {
        let key = BigUint::from_bytes_be(&key[..]);
        key >= BigUint::from(2_u8) && key + 2_u8 <= p
    };
    match keys.iter().find(|key| !is_valid(key)) {
        None if keys.is_empty() => Verdict::NotShown("no key came".to_owned()),
        None => Verdict::Held,
        Some(key) => Verdict::Broken {
            seen: format!("a key began with {}", hex::encode(&key[..8])),
            fault: None,
        },
    }
}

/// Whether the lengths of pads differ.
pub(crate) fn pad_lengths(lens: &[usize]) -> Verdict {
    match lens {
        [] | [_] | [_, _] | [_, _, _] => Verdict::NotShown("too few pads came".to_owned()),
        [first, rest @ ..] if rest.iter().all(|len| len == first) => Verdict::Broken {
            seen: format!("it always had {first} bytes"),
            fault: None,
        },
        _ => Verdict::Held,
    }
}

/// Whether PadC or PadD is zeros, and not too long.
pub(crate) fn inner_pads(pads: &[Vec<u8>]) -> Verdict {
    let longest = pads.iter().map(Vec::len).max();
    match longest {
        None => Verdict::NotShown("none came".to_owned()),
        Some(len) if len > 512 => Verdict::Broken {
            seen: format!("one had {len} bytes"),
            fault: None,
        },
        Some(_) if pads.iter().flatten().all(|byte| *byte == 0) => Verdict::Held,
        Some(_) => Verdict::Broken {
            seen: "it had other bytes".to_owned(),
            fault: None,
        },
    }
}
