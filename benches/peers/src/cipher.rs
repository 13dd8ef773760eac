//! RC4. One binary differs by up to 40 % from launch to launch, because memory lies differently: so this program runs
//! itself again and again for these figures, and takes medians over the launches.

use std::hint::black_box;
use std::process::Command;

use rc4::{KeyInit, StreamCipher};

use crate::openssl;
use crate::report::{Goal, Report};
use mse_measure::control;
use mse_measure::race::{Race, Spread};
use mse_measure::writer::Writer;
use tokio_mse::internals::Rc4;

pub const LAUNCH: &str = "--one-cipher-launch";

const KEYS: [&[u8; 20]; 2] = [b"0123456789abcdefghij", b"jihgfedcba9876543210"];

fn crates_cipher(key: &[u8; 20]) -> rc4::Rc4 {
    let mut cipher = rc4::Rc4::new_from_slice(black_box(key)).unwrap();
    cipher.apply_keystream(&mut [0; 1024]);
    cipher
}

/// One launch: prints `race contestant nanoseconds`.
pub fn launch() {
    for (title, size, repeats) in [("16 KiB", 16 * 1024, 40), ("17 bytes", 17, 20_000)] {
        let mut buffers = vec![vec![0u8; size]; 4];
        let [a, b, c, d] = &mut buffers[..] else {
            unreachable!()
        };
        let (mut crates, mut openssl) = (crates_cipher(KEYS[0]), openssl::Rc4::new(KEYS[0]));
        let (mut ours, _) = Rc4::pair(KEYS[0], KEYS[1]);
        let mut writer = Writer::new(usize::MAX);
        let outcome = Race::new()
            .enter("rc4", || {
                (0..repeats).for_each(|_| crates.apply_keystream(black_box(a)))
            })
            .enter("openssl", || {
                (0..repeats).for_each(|_| openssl.apply(black_box(b)))
            })
            .enter("ours", || (0..repeats).for_each(|_| ours.apply(black_box(c))))
            .enter("write", || (0..repeats).for_each(|_| writer.write(black_box(d))))
            .run(15, (repeats * size) as f64);
        print(title, &outcome);
    }
    let set_ups = 200;
    let outcome = Race::new()
        .enter("rc4", || {
            (0..set_ups).for_each(|_| drop(black_box(KEYS.map(crates_cipher))));
        })
        .enter("ours", || {
            (0..set_ups).for_each(|_| drop(black_box(Rc4::pair(black_box(KEYS[0]), black_box(KEYS[1])))));
        })
        .run(15, f64::from(set_ups));
    print("set-up", &outcome);
}

fn print(title: &str, outcome: &mse_measure::race::Outcome) {
    for name in outcome.names() {
        println!("{title}\t{name}\t{}", outcome.median(name));
    }
}

/// All launches.
pub fn measure(report: &mut Report, launches: usize) {
    let program = std::env::current_exe().unwrap();
    let printed: Vec<String> = (0..launches)
        .map(|_| {
            control::sample();
            let output = Command::new(&program).arg(LAUNCH).output().unwrap();
            assert!(output.status.success());
            String::from_utf8(output.stdout).unwrap()
        })
        .collect();
    let times = |title: &str, name: &str| -> Vec<f64> {
        let wanted = format!("{title}\t{name}\t");
        let lines = printed.iter().flat_map(|text| text.lines());
        lines
            .filter_map(|line| line.strip_prefix(&wanted))
            .map(|time| time.parse().unwrap())
            .collect()
    };
    let ratio = |title: &str, other: &str, ours: &str| {
        let ratios: Vec<f64> = times(title, other)
            .iter()
            .zip(times(title, ours))
            .map(|(other, ours)| other / ours)
            .collect();
        Spread::of(&ratios)
    };
    report.faster(
        "RC4, 16 KiB in place",
        "rc4",
        ratio("16 KiB", "rc4", "ours"),
        Some(Goal {
            zen_3: 2.4,
            zen_5: 1.7,
        }),
    );
    report.faster(
        "RC4, 16 KiB in place",
        "OpenSSL",
        ratio("16 KiB", "openssl", "ours"),
        Some(Goal {
            zen_3: 1.0,
            zen_5: 1.4,
        }),
    );
    report.faster(
        "RC4, 17 bytes",
        "rc4",
        ratio("17 bytes", "rc4", "ours"),
        Some(Goal {
            zen_3: 1.4,
            zen_5: 1.45,
        }),
    );
    report.faster(
        "RC4, 17 bytes, whole write path",
        "rc4",
        ratio("17 bytes", "rc4", "write"),
        None,
    );
    report.faster(
        "RC4, 16 KiB, whole write path",
        "rc4",
        ratio("16 KiB", "rc4", "write"),
        None,
    );
    report.faster(
        "set-up of both directions",
        "2 x rc4",
        ratio("set-up", "rc4", "ours"),
        Some(Goal {
            zen_3: 2.8,
            zen_5: 2.7,
        }),
    );
    let per_byte = Spread::of(&times("16 KiB", "ours")).median;
    report.sustains("RC4 alone", &format!("{:.0} MB/s", 1000.0 / per_byte));
}
