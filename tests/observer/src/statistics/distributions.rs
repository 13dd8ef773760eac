//! Tail probabilities of the distributions that the tests need, to better than a part in a million.

/// ln of the gamma function for positive `x`, by Lanczos' approximation with g = 7 and nine terms.
pub fn ln_gamma(x: f64) -> f64 {
    const TERMS: [f64; 8] = [
        676.520_368_121_885_1,
        -1_259.139_216_722_402_8,
        771.323_428_777_653_1,
        -176.615_029_162_140_6,
        12.507_343_278_686_905,
        -0.138_571_095_265_720_12,
        9.984_369_578_019_572e-6,
        1.505_632_735_149_311_6e-7,
    ];
    let x = x - 1.0;
    let series = TERMS
        .iter()
        .zip(1_u8..)
        .fold(0.999_999_999_999_809_9, |sum, (term, index)| {
            sum + term / (x + f64::from(index))
        });
    let base = x + 7.5;
    0.5 * std::f64::consts::TAU.ln() + (x + 0.5) * base.ln() - base + series.ln()
}

/// The regularised upper incomplete gamma function Q(a, x).
pub fn gamma_q(a: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 1.0;
    }
    let front = (a * x.ln() - x - ln_gamma(a)).exp();
    if x < a + 1.0 {
        // The power series of the lower function converges fast here.
        let (mut term, mut sum, mut n) = (1.0 / a, 1.0 / a, a);
        while term > sum * f64::EPSILON {
            n += 1.0;
            term *= x / n;
            sum += term;
        }
        return (1.0 - front * sum).clamp(0.0, 1.0);
    }
    // Elsewhere the continued fraction x + 1 - a - 1(1 - a) / (x + 3 - a - ...).
    let fraction = lentz(x + 1.0 - a, |n| (n * (a - n), x + 2.0 * n + 1.0 - a));
    (front / fraction).clamp(0.0, 1.0)
}

/// The probability of a chi-square value at least this large.
pub fn chi_square_tail(value: f64, degrees_of_freedom: usize) -> f64 {
    gamma_q(degrees_of_freedom as f64 / 2.0, value / 2.0)
}

/// The probability of `hits` or more among `trials` of the given chance each.
pub fn binomial_upper_tail(trials: u64, hits: u64, chance: f64) -> f64 {
    match hits {
        0 => 1.0,
        hits if hits > trials => 0.0,
        hits => beta(chance, hits as f64, (trials - hits + 1) as f64),
    }
}

/// The probability of a count at least as far out as `hits`, on either side.
pub fn binomial_two_sided(trials: u64, hits: u64, chance: f64) -> f64 {
    let above = binomial_upper_tail(trials, hits, chance);
    let below = binomial_upper_tail(trials, trials - hits.min(trials), 1.0 - chance);
    (2.0 * above.min(below)).min(1.0)
}

/// The probability of a Kolmogorov statistic (the distance times the root of the size) at least this large.
pub fn kolmogorov_tail(value: f64) -> f64 {
    if value < 0.2 {
        return 1.0;
    }
    let terms = (1..=100).map(|j| {
        let j = f64::from(j);
        let term = (-2.0 * j * j * value * value).exp();
        if j % 2.0 == 1.0 { term } else { -term }
    });
    (2.0 * terms.sum::<f64>()).clamp(0.0, 1.0)
}

/// The regularised incomplete beta function I_x(a, b).
fn beta(x: f64, a: f64, b: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        return x.clamp(0.0, 1.0);
    }
    // The fraction converges fast on this side of the mean; the other side is its mirror image.
    if x > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - beta(1.0 - x, b, a);
    }
    let front = (a * x.ln() + b * (-x).ln_1p() + ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b)).exp() / a;
    let fraction = lentz(1.0, |n| {
        let m = (n / 2.0).floor();
        let numerator = if n % 2.0 == 0.0 {
            m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m))
        } else {
            -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0))
        };
        (numerator, 1.0)
    });
    (front / fraction).clamp(0.0, 1.0)
}

/// The continued fraction `first + a1 / (b1 + a2 / (b2 + ...))` by the modified method of Lentz.
fn lentz(first: f64, term: impl Fn(f64) -> (f64, f64)) -> f64 {
    const TINY: f64 = 1e-300;
    let away_from_zero = |value: f64| if value.abs() < TINY { TINY } else { value };
    let mut value = away_from_zero(first);
    let (mut c, mut d) = (value, 0.0);
    for n in 1..100_000 {
        let (a, b) = term(f64::from(n));
        d = 1.0 / away_from_zero(b + a * d);
        c = away_from_zero(b + a / c);
        value *= c * d;
        if (c * d - 1.0).abs() < 1e-15 {
            break;
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::{
        binomial_two_sided, binomial_upper_tail, chi_square_tail, gamma_q, kolmogorov_tail, ln_gamma,
    };

    /// Expected values were computed with 30 digits by an independent library.
    fn close(actual: f64, expected: f64) {
        assert!(
            (actual / expected - 1.0).abs() < 1e-6,
            "{actual:e} is not {expected:e}"
        );
    }

    #[test]
    fn ln_gamma_is_the_logarithm_of_the_factorial() {
        close(ln_gamma(0.5), std::f64::consts::PI.sqrt().ln());
        close(ln_gamma(11.0), 3_628_800_f64.ln());
        assert!(ln_gamma(1.0).abs() < 1e-12 && ln_gamma(2.0).abs() < 1e-12);
    }

    #[test]
    fn incomplete_gamma_meets_known_values_on_both_sides_of_the_mean() {
        close(gamma_q(0.5, 0.5), 0.317_310_507_862_914_1);
        close(gamma_q(1.0, 1.0), (-1.0_f64).exp());
        close(gamma_q(127.5, 127.5), 0.488_222_521_770_406_3);
        close(gamma_q(127.5, 200.0), 1.660_002_524_412_451_8e-8);
        close(gamma_q(127.5, 100.0), 0.995_425_444_541_951_9);
        close(gamma_q(10.0, 30.0), 7.121_750_862_815_577e-6);
        close(gamma_q(3.0, 0.1), 0.999_845_346_929_735_3);
        close(chi_square_tail(400.0, 255), gamma_q(127.5, 200.0));
        assert_eq!(gamma_q(3.0, 0.0), 1.0);
    }

    #[test]
    fn binomial_tails_meet_exact_sums() {
        close(binomial_upper_tail(20, 15, 0.5), 0.020_694_732_666_015_625);
        close(binomial_upper_tail(1000, 560, 0.5), 8.252_493_527_522_65e-5);
        close(
            binomial_upper_tail(169, 10, 2.0 / 256.0),
            1.094_975_605_475_744_5e-6,
        );
        close(binomial_upper_tail(746, 746, 0.5), 2.701_613_6e-225);
        assert_eq!(
            (binomial_upper_tail(5, 0, 0.5), binomial_upper_tail(5, 6, 0.5)),
            (1.0, 0.0)
        );
    }

    #[test]
    fn the_two_sided_tail_is_symmetric_and_at_most_one() {
        close(binomial_two_sided(20, 15, 0.5), 2.0 * 0.020_694_732_666_015_625);
        close(binomial_two_sided(20, 5, 0.5), 2.0 * 0.020_694_732_666_015_625);
        assert_eq!(binomial_two_sided(20, 10, 0.5), 1.0);
        close(binomial_two_sided(746, 0, 0.5), 2.0 * 2.701_613_6e-225);
    }

    #[test]
    fn kolmogorov_tails_meet_the_tables() {
        for (value, expected) in [
            (0.3, 0.999_990_694_198_665),
            (0.5, 0.963_945_243_664_875),
            (1.0, 0.269_999_671_677_355),
            (1.36, 0.049_485_876_755_377_9),
            (2.7, 9.311_431_431_566_16e-7),
        ] {
            close(kolmogorov_tail(value), expected);
        }
        assert_eq!(kolmogorov_tail(0.0), 1.0);
    }
}
