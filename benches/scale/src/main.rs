//! What a connection costs among few and among many others: `cargo run --release -p scale`.
//!
//! Both ends of every connection are in this process, so what is counted is the processor time of both. Processor time and
//! not the clock's, so that other processes on the machine matter less. `-- --quick` stops at 1000 connections and writes
//! nothing.

mod connections;
mod descriptors;
mod plot;

use std::fmt::Write;
use std::fs;
use std::time::Instant;

use connections::{BLOCK, Kind, open, pump};
use mse_measure::clock::cpu_time;
use mse_measure::processor::Processor;
use mse_measure::{control, page, processor};

/// Blocks that all connections send together, at least: 64 MiB.
const BLOCKS: usize = 4096;

/// Connections that are opened together, at least, to measure opening them.
const OPENED: usize = 1000;

const REPEATS: usize = 3;

pub struct Row {
    kind: Kind,
    workers: usize,
    connections: usize,
    /// Microseconds of processor time until a connection is open, both ends together.
    open_us: f64,
    opened_per_second: f64,
    /// Nanoseconds of processor time for a byte, sent and received.
    byte_ns: f64,
    megabytes_per_second: f64,
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let quick = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => false,
        ["--quick"] => true,
        _ => {
            eprintln!("usage: scale [--quick]");
            std::process::exit(2);
        }
    };
    // Two ends of each, and a listener for those that are being opened.
    let descriptors = descriptors::ask_for(20_400) as usize;
    let largest = if quick {
        1000
    } else {
        10_000.min((descriptors - 400) / 2)
    };
    let mut rows = Vec::new();
    for connections in [10, 100, 1000, largest] {
        for workers in [1, 2] {
            // In turn, so that what the machine does beside this meets all of them.
            let mut measured = Kind::ALL.map(|_| Vec::new());
            for _ in 0..REPEATS {
                for (kind, measured) in Kind::ALL.into_iter().zip(&mut measured) {
                    control::sample();
                    measured.push(measure(kind, workers, connections));
                }
            }
            for measured in measured {
                let row = median(measured);
                eprintln!("{}", line(&row));
                rows.push(row);
            }
        }
    }
    let machine = control::Machine::so_far().describe();
    let table = table(&rows);
    println!("{}\nthe machine was {machine}\n\n{table}", Processor::this());
    if !quick {
        write(&rows, &machine, &table);
    }
}

fn measure(kind: Kind, workers: usize, connections: usize) -> Row {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(workers)
        .enable_all()
        .build()
        .unwrap();
    // In the order of `connections` at a time, often enough for the clock.
    let (mut opened, mut pairs) = (0, Vec::new());
    let (wall, cpu) = (Instant::now(), cpu_time());
    while opened < OPENED.max(connections) {
        pairs = runtime.block_on(runtime.spawn(open(kind, connections))).unwrap();
        opened += connections;
    }
    let (open_wall, open_cpu) = (wall.elapsed(), cpu_time() - cpu);
    let blocks = BLOCKS.div_ceil(connections);
    let bytes = (blocks * connections * BLOCK) as f64;
    let (wall, cpu) = (Instant::now(), cpu_time());
    let pairs = runtime.block_on(runtime.spawn(pump(pairs, blocks))).unwrap();
    let (wall, cpu) = (wall.elapsed(), cpu_time() - cpu);
    drop(pairs);
    Row {
        kind,
        workers,
        connections,
        open_us: open_cpu.as_secs_f64() * 1e6 / opened as f64,
        opened_per_second: opened as f64 / open_wall.as_secs_f64(),
        byte_ns: cpu.as_secs_f64() * 1e9 / bytes,
        megabytes_per_second: bytes / 1e6 / wall.as_secs_f64(),
    }
}

/// The median of each figure on its own.
fn median(rows: Vec<Row>) -> Row {
    let of = |value: fn(&Row) -> f64| {
        let mut values: Vec<f64> = rows.iter().map(value).collect();
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    };
    Row {
        kind: rows[0].kind,
        workers: rows[0].workers,
        connections: rows[0].connections,
        open_us: of(|row| row.open_us),
        opened_per_second: of(|row| row.opened_per_second),
        byte_ns: of(|row| row.byte_ns),
        megabytes_per_second: of(|row| row.megabytes_per_second),
    }
}

fn line(row: &Row) -> String {
    format!(
        "| {} | {} | {} | {:.0} | {:.0} | {:.2} | {:.0} |",
        row.connections,
        row.workers,
        row.kind.name(),
        row.open_us,
        row.opened_per_second,
        row.byte_ns,
        row.megabytes_per_second
    )
}

fn table(rows: &[Row]) -> String {
    let mut text = String::from(
        "| connections | workers | | us of CPU to open one, both ends | opened per second | ns of CPU per byte, both ends | \
         MB/s |\n|---|---|---|---|---|---|---|\n",
    );
    for row in rows {
        let _ = writeln!(text, "{}", line(row));
    }
    text.push_str("\n| connections | workers | what tokio-mse adds: us to open one | ns per byte |\n|---|---|---|---|\n");
    for rc4 in rows.iter().filter(|row| row.kind == Kind::Rc4) {
        let same = |row: &&Row| {
            row.kind == Kind::Tcp && row.connections == rc4.connections && row.workers == rc4.workers
        };
        let Some(tcp) = rows.iter().find(same) else {
            continue;
        };
        let _ = writeln!(
            text,
            "| {} | {} | {:.0} | {:.2} |",
            rc4.connections,
            rc4.workers,
            rc4.open_us - tcp.open_us,
            rc4.byte_ns - tcp.byte_ns
        );
    }
    text
}

fn write(rows: &[Row], machine: &str, table: &str) {
    let processor = Processor::this();
    let picture = format!("scale-{}.svg", page::slug(&processor));
    fs::write(
        page::folder().join(&picture),
        plot::picture(rows, &processor.to_string()),
    )
    .unwrap();
    let text = format!(
        "## Scale, {}\n\n```text\n{processor}, load {}\nthe machine was {machine}\n```\n\n{table}",
        processor.title(),
        processor::load()
    );
    page::write(&format!("{}, scale", processor.kind()), &text, &[picture]);
}
