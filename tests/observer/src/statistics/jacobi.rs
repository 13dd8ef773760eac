//! The Jacobi symbol of a public key: +1 exactly when the private exponent is even.
//!
//! Anybody can compute it from the wire, so keys that favour one sign name the implementation that made them.

use std::cmp::Ordering;

/// 768 bits, least significant word first.
type Number = [u64; 12];

/// The prime of the specification, big-endian.
pub const P: [u8; 96] = [
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xc9, 0x0f, 0xda, 0xa2, 0x21, 0x68, 0xc2, 0x34, 0xc4,
    0xc6, 0x62, 0x8b, 0x80, 0xdc, 0x1c, 0xd1, 0x29, 0x02, 0x4e, 0x08, 0x8a, 0x67, 0xcc, 0x74, 0x02, 0x0b,
    0xbe, 0xa6, 0x3b, 0x13, 0x9b, 0x22, 0x51, 0x4a, 0x08, 0x79, 0x8e, 0x34, 0x04, 0xdd, 0xef, 0x95, 0x19,
    0xb3, 0xcd, 0x3a, 0x43, 0x1b, 0x30, 0x2b, 0x0a, 0x6d, 0xf2, 0x5f, 0x14, 0x37, 0x4f, 0xe1, 0x35, 0x6d,
    0x6d, 0x51, 0xc2, 0x45, 0xe4, 0x85, 0xb5, 0x76, 0x62, 0x5e, 0x7e, 0xc6, 0xf4, 0x4c, 0x42, 0xe9, 0xa6,
    0x3a, 0x36, 0x21, 0x00, 0x00, 0x00, 0x00, 0x00, 0x09, 0x05, 0x63,
];

/// The Jacobi symbol (y / P): 1, -1, or 0 for a multiple of P.
pub fn symbol(y: &[u8; 96]) -> i8 {
    let (mut a, mut n) = (number(y), number(&P));
    let mut sign = 1;
    while a != [0; 12] {
        let twos = shift_out_twos(&mut a);
        if twos % 2 == 1 && matches!(n[0] % 8, 3 | 5) {
            sign = -sign;
        }
        if compare(&a, &n) == Ordering::Less {
            std::mem::swap(&mut a, &mut n);
            if a[0] % 4 == 3 && n[0] % 4 == 3 {
                sign = -sign;
            }
        }
        subtract(&mut a, &n);
    }
    let one = std::array::from_fn(|index| u64::from(index == 0));
    if n == one { sign } else { 0 }
}

fn number(bytes: &[u8; 96]) -> Number {
    let mut words = [0; 12];
    for (word, chunk) in words.iter_mut().rev().zip(bytes.chunks_exact(8)) {
        *word = chunk.iter().fold(0, |word, byte| (word << 8) | u64::from(*byte));
    }
    words
}

fn compare(a: &Number, b: &Number) -> Ordering {
    a.iter().rev().cmp(b.iter().rev())
}

/// `a -= b`, for `b` no larger than `a`.
fn subtract(a: &mut Number, b: &Number) {
    let mut borrow = false;
    for (word, other) in a.iter_mut().zip(b) {
        let (difference, under) = word.overflowing_sub(*other);
        let (difference, under_again) = difference.overflowing_sub(u64::from(borrow));
        *word = difference;
        borrow = under || under_again;
    }
}

/// Divides a number other than zero by two until it is odd and says how often.
fn shift_out_twos(a: &mut Number) -> u32 {
    let mut twos = 0;
    while a[0] == 0 {
        a.rotate_left(1);
        twos += 64;
    }
    let bits = a[0].trailing_zeros();
    if bits > 0 {
        let mut above = 0;
        for word in a.iter_mut().rev() {
            let low = *word << (64 - bits);
            *word = (*word >> bits) | above;
            above = low;
        }
    }
    twos + bits
}

#[cfg(test)]
mod tests {
    use super::{Number, P, compare, number, subtract, symbol};
    use crate::{openings::hex, seeded::Seeded};
    use std::cmp::Ordering;

    fn small(value: u8) -> [u8; 96] {
        std::array::from_fn(|index| if index == 95 { value } else { 0 })
    }

    fn bytes(digits: &str) -> [u8; 96] {
        hex(digits).try_into().expect("96 bytes")
    }

    /// 2 * a mod P.
    fn double(a: &Number) -> Number {
        let carry = a[11] >> 63;
        let mut doubled: Number =
            std::array::from_fn(|index| (a[index] << 1) | if index == 0 { 0 } else { a[index - 1] >> 63 });
        if carry == 1 || compare(&doubled, &number(&P)) != Ordering::Less {
            subtract(&mut doubled, &number(&P));
        }
        doubled
    }

    fn add(a: &Number, b: &Number) -> Number {
        let mut minus_b = number(&P);
        subtract(&mut minus_b, b);
        let mut sum = *a;
        if compare(a, &minus_b) == Ordering::Less {
            // a + b = P - ((P - b) - a)
            subtract(&mut minus_b, a);
            sum = number(&P);
        }
        subtract(&mut sum, &minus_b);
        sum
    }

    fn multiply(a: &Number, b: &Number) -> Number {
        let mut product = [0; 12];
        for bit in (0..768).rev() {
            product = double(&product);
            if b[bit / 64] >> (bit % 64) & 1 == 1 {
                product = add(&product, a);
            }
        }
        product
    }

    /// a^((P - 1) / 2) mod P, which Euler found to be the symbol.
    fn euler(a: &[u8; 96]) -> i8 {
        let (a, p) = (number(a), number(&P));
        let mut power = number(&small(1));
        for bit in (1..768).rev() {
            power = multiply(&power, &power);
            if p[bit / 64] >> (bit % 64) & 1 == 1 {
                power = multiply(&power, &a);
            }
        }
        if power == number(&small(1)) { 1 } else { -1 }
    }

    #[test]
    fn small_numbers_and_their_negatives_have_their_known_symbols() {
        for (value, expected) in [
            (0, 0),
            (1, 1),
            (2, -1),
            (3, 1),
            (4, 1),
            (5, -1),
            (6, -1),
            (7, -1),
            (11, 1),
            (13, -1),
        ] {
            assert_eq!(symbol(&small(value)), expected, "{value}");
        }
        let mut minus_one = P;
        minus_one[95] -= 1;
        let mut minus_two = P;
        minus_two[95] -= 2;
        let mut plus_two = P;
        plus_two[95] += 2;
        assert_eq!(
            (
                symbol(&minus_one),
                symbol(&minus_two),
                symbol(&P),
                symbol(&plus_two)
            ),
            (-1, 1, 0, -1)
        );
        // 2^768 - 1 is above P.
        assert_eq!(symbol(&[0xff; 96]), 1);
    }

    #[test]
    fn a_power_of_two_has_the_sign_of_its_exponent() {
        for exponent in 0..768_usize {
            let mut power = [0; 96];
            power[95 - exponent / 8] = 1 << (exponent % 8);
            assert_eq!(
                symbol(&power),
                if exponent % 2 == 0 { 1 } else { -1 },
                "{exponent}"
            );
        }
    }

    #[test]
    fn a_borrow_passes_through_equal_words() {
        let mut a = [1, 5, 5, 9, 0, 0, 0, 0, 0, 0, 0, 0];
        subtract(&mut a, &[2, 5, 5, 3, 0, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(a, [u64::MAX, u64::MAX, u64::MAX, 5, 0, 0, 0, 0, 0, 0, 0, 0]);
    }

    #[test]
    fn large_numbers_have_the_symbols_that_an_independent_library_computed() {
        for (digits, expected) in [
            (
                "12b2529492b11f9017866628623b7989741f5f25cd24f99e7278e3a0ed11756b4d3de794569f819a1755d66a10794dcf10ece5bfac6aa66d96073ce1e7a92be0b6ed9353d9fe15eac85165a40f292669bab3a251cdd3e715c364748b461ae6b7",
                1,
            ),
            (
                "6e6e5089e59f72b6715eed355a57acc7ed99cd420e9be5f42f102a76365b075cc2994ec0b216854c916fde795538dd01534450d37f373ff6ab940928eb43f6795259cf0e3964c519a3272d5c9aa72afb260282151b17c8152527955edb498e70",
                1,
            ),
            (
                "54358f7b33115e82d8e027132818435682175ba26a6bf6db70451bcee0569c1c499ac8e929f98cc0a4ba095f3824687a524ebe06bf2ba4117796f21629082c82366c93ab2f1f3b85662397fbff084bdd490e64c76a24e7b0e887eabf7eb1e4c9",
                1,
            ),
            (
                "6bb5c50c6735c7320997fc97757cf492ae6bd155201b02b430c611d65086390c474f623b053f170636ab3ba8bb441ff5fa27997fb78652767400bbd9c8095ee4c49a0832a101a8bfb4648897e365d440a27df19f25194e55486beca753ff5784",
                -1,
            ),
            // A public key of the specification's known answers, with an even exponent.
            (
                "96e112dab29e8c5272accb9b17b26887ce54a144a4e3b697c7d159b7a817e556b0918db2b4c658e02a87f7e5fb14b18a553e084cbf3dad2d30f16596ccb982d406258c61b30c5c1dae2ddc60bdbd48d79896312aad63238c39e1a633821eb693",
                1,
            ),
        ] {
            assert_eq!(symbol(&bytes(digits)), expected, "{digits}");
        }
    }

    #[test]
    fn the_symbol_agrees_with_eulers_criterion() {
        let mut random = Seeded::new(8);
        for sign in [1, -1] {
            let y = std::iter::repeat_with(|| random.array())
                .find(|y| symbol(y) == sign)
                .expect("half of all numbers");
            assert_eq!(euler(&y), sign, "{y:02x?}");
        }
    }

    #[test]
    fn doubling_turns_the_sign() {
        let mut random = Seeded::new(9);
        for _ in 0..200 {
            let y: [u8; 96] = random.array();
            let doubled = double(&number(&y));
            let mut as_bytes = [0; 96];
            for (chunk, word) in as_bytes.chunks_exact_mut(8).zip(doubled.iter().rev()) {
                chunk.copy_from_slice(&word.to_be_bytes());
            }
            assert_eq!(symbol(&as_bytes), -symbol(&y));
        }
    }
}
