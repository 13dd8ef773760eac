//! What the feature `fast` brings.

use std::mem::ManuallyDrop;

use mse_primitives::group::Power;
use mse_primitives::rc4::Rc4;

use super::freed::Freed;

/// Whether a box with `value` has nothing but zeros when it is freed.
fn is_wiped<T>(value: T) -> bool {
    let (mut freed, boxed) = (Freed::new(), Box::new(value));
    freed.collect(|| drop(boxed));
    assert!(freed.bytes().len() > size_of::<T>());
    freed.bytes().iter().all(|byte| *byte == 0)
}

#[test]
fn ciphers_and_powers_are_wiped() {
    let power = || Power::of_two(b"our private exponent");
    assert!(is_wiped(Rc4::new(b"a key of twenty byte")));
    assert!(is_wiped(power()));
    assert!(!is_wiped(ManuallyDrop::new(power())));
}
