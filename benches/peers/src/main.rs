//! tokio-mse and others, in turn in one process: `cargo run --release --manifest-path benches/peers/Cargo.toml`.
//!
//! Ratios are of processor time, round by round, so that neither other processes nor a changing clock favour anybody.
//! A few minutes once it is built; `-- --quick` takes less than one, and writes nothing. `-- --rounds N` instead of 41 is
//! for machines that are busy. A whole run writes its processor's section of `benches/README.md`.

#[path = "../../machines/both_ends.rs"]
mod both_ends;
mod cipher;
mod clock;
mod control;
// The library's source: the cipher and the arithmetic are not public.
#[allow(dead_code, unused_imports, unreachable_pub)]
#[path = "../../../src/crypto/mod.rs"]
mod crypto;
mod handshakes;
mod machine;
mod memory;
mod mse;
mod openssl;
mod page;
mod partial;
mod plot;
mod powers;
mod processor;
mod race;
mod report;
mod skeys;
mod stream;
mod tcp;
mod tls;
mod transport;

use control::Machine;
use processor::Processor;
use report::Report;

#[global_allocator]
static ALLOCATOR: memory::Counting = memory::Counting;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (quick, rounds) = match arguments[..] {
        [] => (false, 41),
        ["--quick"] => (true, 7),
        ["--rounds", rounds] => (false, rounds.parse().expect("a number of rounds")),
        [cipher::LAUNCH] => return cipher::launch(),
        _ => {
            eprintln!("usage: peers [--quick | --rounds N]");
            std::process::exit(2);
        }
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let described = machine::describe();
    println!("{described}");
    let mut report = Report::default();
    let (launches, mib) = if quick { (5, 4) } else { (25, 16) };
    cipher::measure(&mut report, launches);
    powers::measure(&mut report, rounds);
    let rates = handshakes::measure(&mut report, &runtime, rounds);
    let curves = transport::measure(&mut report, &runtime, rounds, mib);
    partial::measure(&mut report, rounds);
    memory::measure(&mut report, &runtime);
    skeys::measure(&mut report, rounds);
    skeys::measure_beside_insertions(&mut report);
    let machine = Machine::so_far();
    let table = report.print(&machine);
    let described = format!("{described}the machine was {}\n", machine.describe());
    println!("{table}\n{described}");
    if !quick {
        let processor = Processor::this();
        let (mut name, mut title, mut pictures) = (processor.kind(), processor.title(), Vec::new());
        if report::OWN_ARITHMETIC {
            pictures = plot::write(&page::slug(&processor), &processor.to_string(), &curves, &rates);
        } else {
            name += ", rustcrypto";
            title += ", with the feature `rustcrypto`";
        }
        let text = format!("## {title}\n\n```text\n{described}```\n\n{table}");
        page::write(&name, &text, &pictures);
    }
}
