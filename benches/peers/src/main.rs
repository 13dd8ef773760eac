//! tokio-mse and others, in turn in one process. A few minutes once it is built:
//!
//! ```sh
//! cargo run --profile measure -p peers                        # the default build: the crates' cipher and arithmetic
//! cargo run --profile measure -p peers --features fast        # mse-primitives; then writes the page with both
//! ```
//!
//! Ratios are of processor time, round by round, so that other processes and a changing clock affect all alike. `-- --quick`
//! takes less than a minute, and writes nothing. `-- --rounds N` instead of 41 is for busy machines.

mod baseline;
mod cipher;
mod handshakes;
mod machine;
mod memory;
mod mse;
mod openssl;
mod partial;
mod plot;
mod powers;
mod report;
mod skeys;
mod tcp;
mod tls;
mod transport;

use mse_measure::control::Machine;
use mse_measure::page;
use mse_measure::processor::Processor;
use report::{Page, Report};

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
    let described = format!("{described}the machine was {}\n", machine.describe());
    let page = Page::with(report, machine);
    println!("{}\n{described}", page.tables());
    if quick {
        return;
    }
    let processor = Processor::this();
    if !report::IS_FAST {
        page.save();
        println!("now run it with --features fast");
        return;
    }
    let pictures = plot::write(&page::slug(&processor), &processor.to_string(), &curves, &rates);
    let text = format!(
        "## {}\n\n```text\n{described}```\n\n{}",
        processor.title(),
        page.tables()
    );
    page::write(&processor.kind(), &text, &pictures);
}
