//! Writes of which a transport takes a part: what the sending direction of a stream costs for each byte that is sent.

use std::hint::black_box;

use mse_measure::race::Race;
use mse_measure::writer::Writer;

use crate::report::Report;

/// One BitTorrent block, offered again and again until all of it is taken.
const BLOCK: usize = 16 * 1024;

const WHOLE: &str = "a whole one";

pub fn measure(report: &mut Report, rounds: usize) {
    let parts = [(1460, None), (256, None), (64, Some(2.0))];
    let data = [0x5A; BLOCK];
    let repeats = 4;
    let mut race = Race::new();
    let mut whole = Writer::new(usize::MAX);
    race = race.enter(WHOLE, move || {
        (0..repeats).for_each(|_| whole.write(black_box(&data)))
    });
    for (len, _) in parts {
        let mut part = Writer::new(len);
        race = race.enter(&len.to_string(), move || {
            (0..repeats).for_each(|_| part.write(black_box(&data)));
        });
    }
    let outcome = race.run(rounds, (repeats * BLOCK) as f64);
    for (len, goal) in parts {
        report.costs(
            &format!("a write of 16 KiB of which the transport takes {len} bytes, per byte"),
            WHOLE,
            outcome.ratio(&len.to_string(), WHOLE),
            goal,
        );
    }
}
