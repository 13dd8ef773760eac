//! Whether the machine is left to this program: a loop that always has the same work to do, timed between the rounds.
//!
//! Ratios of contestants that take turns survive a busy machine in most cases, but not in all: a neighbour on the same
//! core slows loads and stores more than it slows arithmetic. So no goal is called reached or missed while the loop varies.

use std::hint::black_box;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use crate::clock::cpu_time;

/// Wall time and processor time of every sample.
static SAMPLES: Mutex<Vec<(Duration, Duration)>> = Mutex::new(Vec::new());

/// Multiplications that wait for each other: a tenth of a millisecond.
const STEPS: u64 = 100_000;

/// How much longer than the quick samples the slow ones may take.
const STEADY: f64 = 1.1;

pub fn sample() {
    let (wall, cpu) = (Instant::now(), cpu_time());
    let mut x = black_box(1_u64);
    for n in 0..STEPS {
        x = x.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(n);
    }
    black_box(x);
    let sample = (wall.elapsed(), cpu_time() - cpu);
    SAMPLES.lock().unwrap().push(sample);
}

/// What the samples say of the machine.
pub struct Machine {
    samples: usize,
    /// The ninth tenth of the processor times against the first.
    varies: f64,
    /// All wall time against all processor time.
    waits: f64,
}

impl Machine {
    pub fn so_far() -> Self {
        let samples = SAMPLES.lock().unwrap();
        let mut cpu: Vec<f64> = samples.iter().map(|(_, cpu)| cpu.as_secs_f64()).collect();
        cpu.sort_by(f64::total_cmp);
        let at = |tenth: usize| cpu.get(cpu.len() * tenth / 10).copied().unwrap_or(1.0);
        let wall: f64 = samples.iter().map(|(wall, _)| wall.as_secs_f64()).sum();
        Self {
            samples: samples.len(),
            varies: at(9) / at(1),
            waits: wall / cpu.iter().sum::<f64>(),
        }
    }

    pub fn is_busy(&self) -> bool {
        self.varies > STEADY || self.waits > STEADY
    }

    pub fn describe(&self) -> String {
        format!(
            "{}: over {} samples of the control loop, a slow one takes {:.2} times the processor time of a quick one, and \
             {:.2} times as long passed as the loop had of the processor",
            if self.is_busy() { "BUSY" } else { "quiet" },
            self.samples,
            self.varies,
            self.waits
        )
    }
}
