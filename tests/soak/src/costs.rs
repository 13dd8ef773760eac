//! What something costs the processor, compared with something else.

use std::time::Duration;

use cpu_time::ThreadTime;

/// The least time that this thread was really running for each, of several tries that take turns: whatever else is on
/// the machine slows all of them down alike, or none.
pub fn costs<const N: usize>(runs: [&dyn Fn(); N]) -> [Duration; N] {
    let mut least = [Duration::MAX; N];
    for _ in 0..50 {
        for (run, least) in runs.iter().zip(&mut least) {
            let start = ThreadTime::now();
            run();
            *least = start.elapsed().min(*least);
        }
    }
    least
}
