//! Processor time of one thing against another.

use std::time::Duration;

use cpu_time::ThreadTime;

/// The least processor time of this thread for each, of several tries that take turns: other load on the machine slows
/// all of them alike.
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
