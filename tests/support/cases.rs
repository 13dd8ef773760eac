//! Properties over random cases with fixed seeds.

use rand::SeedableRng;
use rand::rngs::ChaCha20Rng;

/// Runs `case` with `count` generators, seeded with 0, 1, 2.. A failure prints its seed.
pub(crate) fn cases(count: u64, mut case: impl FnMut(&mut ChaCha20Rng)) {
    for seed in 0..count {
        let print_seed = PrintSeed(seed);
        case(&mut ChaCha20Rng::seed_from_u64(seed));
        std::mem::forget(print_seed);
    }
}

/// Dropped by a panic only.
struct PrintSeed(u64);

impl Drop for PrintSeed {
    fn drop(&mut self) {
        eprintln!("the case with seed {} failed", self.0);
    }
}
