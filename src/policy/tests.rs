//! What only the crate can ask of a policy, and policies as text.

use std::collections::HashSet;

use super::methods::{CryptoMethod, CryptoMethods, Offer};
use super::{Encryption, Policy};
use crate::mode::DialMode;

/// Every ordered set that exists.
fn every_set() -> Vec<CryptoMethods> {
    let mut sets: Vec<CryptoMethods> = Vec::new();
    let mut fresh: Vec<CryptoMethods> = CryptoMethod::ALL
        .iter()
        .copied()
        .map(CryptoMethods::only)
        .collect();
    while !fresh.is_empty() {
        sets.extend(&fresh);
        fresh = fresh
            .iter()
            .flat_map(|set| CryptoMethod::ALL.iter().map(|method| set.then(*method)))
            .filter(|longer| !sets.contains(longer))
            .collect();
    }
    sets
}

fn every_policy() -> impl Iterator<Item = Policy> {
    Encryption::ALL.iter().flat_map(|encryption| {
        every_set()
            .into_iter()
            .map(|methods| Policy::new(*encryption, methods))
    })
}

#[test]
fn what_is_admitted_follows_the_table() {
    let expected = [(true, false), (true, true), (true, true), (false, true)];
    for (encryption, (plaintext, mse)) in Encryption::ALL.iter().zip(expected) {
        let policy = Policy::default().with_encryption(*encryption);
        assert_eq!(policy.allows(DialMode::Plaintext), plaintext, "{policy}");
        assert_eq!(policy.allows(DialMode::Mse), mse, "{policy}");
        assert!(policy.allows(policy.first_mode()));
        for mode in [DialMode::Plaintext, DialMode::Mse] {
            // A second attempt is in the other mode, and only in one that is allowed.
            if let Some(second) = policy.second_mode(mode) {
                assert_eq!(mode, policy.first_mode(), "{policy}");
                assert!(second != mode && policy.allows(second), "{policy}");
            }
        }
    }
}

#[test]
fn a_responder_that_admits_plaintext_accepts_header_only_too_and_as_the_last_choice() {
    for policy in every_policy() {
        let own: Vec<_> = policy.methods().iter().collect();
        let accepted: Vec<_> = policy.accepted_methods().iter().collect();
        if policy.allows(DialMode::Plaintext) && !own.contains(&CryptoMethod::HeaderOnly) {
            assert_eq!(accepted[..own.len()], own, "{policy}");
            assert_eq!(accepted[own.len()..], [CryptoMethod::HeaderOnly], "{policy}");
        } else {
            assert_eq!(accepted, own, "{policy}");
        }
    }
}

#[test]
fn every_method_is_named_once_and_has_one_bit_of_its_own() {
    let mut bits = 0_u32;
    for method in CryptoMethod::ALL {
        assert_eq!(method.bit().count_ones(), 1, "{method}");
        assert_eq!(bits & method.bit(), 0, "{method}");
        bits |= method.bit();
        assert_eq!(method.to_string().parse(), Ok(CryptoMethods::only(*method)));
    }
    let all = CryptoMethod::ALL
        .iter()
        .fold(CryptoMethods::only(CryptoMethod::Rc4), |set, method| {
            set.then(*method)
        });
    assert_eq!(all.bits(), bits);
    assert_eq!(all.iter().count(), CryptoMethod::ALL.len());
}

/// Every number of 16 bits, every one with a bit or two of 32, and their complements.
fn bit_fields() -> impl Iterator<Item = u32> {
    let one_or_two = (0..32).flat_map(|a| (0..32).map(move |b| 1 << a | 1 << b));
    (0..=0xFFFF).chain(one_or_two).flat_map(|bits: u32| [bits, !bits])
}

#[test]
fn a_responder_selects_its_own_first_choice_among_the_bits_that_are_offered() {
    for set in every_set() {
        for provided in bit_fields() {
            let choice = set.iter().find(|method| provided & method.bit() != 0);
            assert_eq!(set.choose(provided), choice, "{set} of {provided:#x}");
        }
    }
}

#[test]
fn a_selection_is_accepted_if_and_only_if_it_is_one_offered_bit() {
    for set in every_set() {
        for selection in bit_fields() {
            let accepted = selection.is_power_of_two() && selection & set.bits() != 0;
            let method = set.selected(selection).map(CryptoMethod::bit);
            assert_eq!(
                method,
                accepted.then_some(selection),
                "{set} after {selection:#x}"
            );
        }
    }
}

#[test]
fn an_offer_is_shown_in_full_with_names_for_known_bits_and_a_number_for_the_others() {
    let known = CryptoMethod::ALL
        .iter()
        .fold(0, |known, method| known | method.bit());
    for bits in (0..=0xFF).flat_map(|low| [low, low | 0x8000_0000]) {
        let mut words: Vec<String> = CryptoMethod::ALL
            .iter()
            .filter(|method| bits & method.bit() != 0)
            .map(ToString::to_string)
            .collect();
        if bits == 0 || bits & !known != 0 {
            words.push(format!("{:#x}", bits & !known));
        }
        assert_eq!(Offer(bits).to_string(), words.join(","));
    }
    assert_eq!(Offer(0).to_string(), "0x0");
    assert_eq!(Offer(0x13).to_string(), "rc4,header-only,0x10");
}

#[test]
fn every_policy_survives_being_written_and_read() {
    let (mut texts, mut policies) = (HashSet::new(), HashSet::new());
    for policy in every_policy() {
        let text = policy.to_string();
        assert_eq!(text.parse(), Ok(policy.clone()));
        match text.split_once(':') {
            Some((word, methods)) => {
                assert_eq!(word.parse(), Ok(policy.encryption()));
                assert_eq!(methods.parse(), Ok(policy.methods()));
            }
            None => assert_eq!(policy, Policy::plaintext_only()),
        }
        texts.insert(text);
        policies.insert(policy);
    }
    // `forbid` has no methods, so it is one policy.
    assert_eq!(policies.len(), 3 * every_set().len() + 1);
    assert_eq!(texts.len(), policies.len());
}

#[test]
fn forbid_has_no_methods_in_text_or_in_value() {
    for set in every_set() {
        let forbid = Policy::new(Encryption::Forbid, set);
        assert_eq!(forbid, Policy::plaintext_only());
        assert_eq!(forbid.to_string(), "forbid");
        let refused = format!("forbid:{set}").parse::<Policy>();
        let said = refused.expect_err("it has no methods").to_string();
        assert!(said.starts_with("expected `forbid` without methods"), "{said}");
        let allow = forbid.allow_fallback();
        assert_eq!(allow, Policy::full_rc4().with_encryption(Encryption::Allow));
    }
}

#[test]
fn a_text_that_cannot_be_read_is_told_every_name_there_is() {
    let said = "?".parse::<Policy>().expect_err("no policy").to_string();
    for word in Encryption::ALL {
        assert!(said.contains(&format!("`{word}`")), "{said}");
    }
    let said = "?".parse::<CryptoMethods>().expect_err("no methods").to_string();
    for method in CryptoMethod::ALL {
        assert!(said.contains(&format!("`{method}`")), "{said}");
    }
    let word = "?".parse::<Encryption>().expect_err("no word").to_string();
    assert_eq!(
        word,
        "expected `forbid`, `allow`, `prefer` or `require`, found `?`"
    );
}

#[cfg(feature = "serde")]
mod documents {
    use std::fmt::{self, Debug, Display};

    use serde::de::value::Error;
    use serde::de::{DeserializeOwned, IntoDeserializer};
    use serde::{Deserialize, Serialize};

    use super::{CryptoMethods, Encryption, Policy, every_policy};

    /// Shows what a value is serialised as: a `Formatter` is a serialiser of strings.
    struct Serialised<T>(T);

    impl<T: Serialize> Display for Serialised<T> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            self.0.serialize(f)
        }
    }

    fn deserialised<'de, T: Deserialize<'de>>(from: impl IntoDeserializer<'de, Error>) -> Result<T, Error> {
        T::deserialize(from.into_deserializer())
    }

    fn is_its_text<T: Serialize + DeserializeOwned + Display + Debug + PartialEq>(value: &T) {
        let text = Serialised(value).to_string();
        assert_eq!(text, value.to_string());
        assert_eq!(deserialised::<T>(text).as_ref(), Ok(value));
    }

    #[test]
    fn every_policy_and_its_parts_are_their_text_in_a_document() {
        for policy in every_policy() {
            is_its_text(&policy);
            is_its_text(&policy.methods());
            is_its_text(&policy.encryption());
        }
    }

    #[test]
    fn a_document_that_names_no_policy_is_told_what_was_expected() {
        let error = deserialised::<Policy>("always").expect_err("no policy");
        assert!(error.to_string().contains("expected `forbid`"), "{error}");
        assert!(error.to_string().contains("found `always`"), "{error}");
        let error = deserialised::<Encryption>(3).expect_err("no text");
        assert!(error.to_string().contains("expected a string"), "{error}");
        let error = deserialised::<Policy>("forbid:rc4").expect_err("no policy");
        assert!(error.to_string().contains("`forbid:rc4`"), "{error}");
        let error = deserialised::<CryptoMethods>("rc4,rot13").expect_err("no method");
        assert!(error.to_string().contains("`rc4,rot13`"), "{error}");
    }
}
