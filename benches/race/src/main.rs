//! Which formulation of mse-primitives is the fastest here?
//!
//! `cargo run --profile measure -p race` checks every contestant against the `rc4` crate or crypto-bigint, runs them in
//! turn, in one process and in many launches of it (memory lies differently in each, and one binary varies by 40 %), and
//! says which one mse-primitives chooses on this processor, and whether the race agrees. `-- --launches N` instead of 25.

mod checked;
mod cipher;
mod openssl;
mod powers;
mod results;

use std::process::Command;

use mse_measure::{control, processor, race};
use mse_primitives::internals::{uses_bytes, uses_columns};
use openssl::OpenSsl;
use results::Results;

const LAUNCH: &str = "--one-launch";

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let openssl = OpenSsl::find();
    let launches = match arguments[..] {
        [] => 25,
        ["--launches", launches] => launches.parse().expect("a number of launches"),
        [LAUNCH] => {
            cipher::launch(openssl.as_ref());
            return powers::launch(openssl.as_ref());
        }
        _ => {
            eprintln!("usage: race [--launches N]");
            std::process::exit(2);
        }
    };
    checked::all(openssl.as_ref());
    println!("{}", processor::Processor::this());
    println!(
        "{launches} launches, load {} before, OpenSSL {}\n",
        processor::load(),
        if openssl.is_some() { "found" } else { "not found" }
    );
    let results = run(launches);
    report(&results);
    println!(
        "The machine was {}; load {} after.",
        control::Machine::so_far().describe(),
        processor::load()
    );
}

fn run(launches: usize) -> Results {
    let program = std::env::current_exe().unwrap();
    let mut results = Results::default();
    for _ in 0..launches {
        control::sample();
        let output = Command::new(&program).arg(LAUNCH).output().unwrap();
        assert!(output.status.success());
        results.add(&String::from_utf8(output.stdout).unwrap());
    }
    results
}

fn report(results: &Results) {
    let in_order = |first, one, other| if first { (one, other) } else { (other, one) };
    let ciphers = in_order(uses_bytes(), cipher::BYTES, cipher::WORDS);
    let products = in_order(uses_columns(), powers::COLUMNS, powers::ROWS);
    println!(
        "On this processor mse-primitives takes, for RC4: {}; for products: {}.\n",
        ciphers.0, products.0
    );
    let titles = cipher::titles().into_iter().chain([cipher::SET_UP.to_owned()]);
    let mut compared: Vec<_> = titles.map(|title| (title, cipher::REFERENCE, ciphers)).collect();
    for title in powers::TITLES {
        compared.push((title.to_owned(), powers::REFERENCE, products));
    }
    for (title, reference, (chosen, left)) in compared {
        println!("{}", results.table(&title, reference, chosen));
        let race::Spread { min, median, max } = results.advantage(&title, chosen, left);
        let verdict = match median {
            ..0.97 => "the WRONG one of its two here",
            ..1.03 => "neither better nor worse than its other one",
            _ => "the right one of its two here",
        };
        println!("Its choice takes 1/{median:.2} ({min:.2} to {max:.2}) of the time: {verdict}.\n");
    }
}
