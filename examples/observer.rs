//! What published detection rules say of handshakes made by this crate: the shares of each profile, as a table.
//!
//! ```text
//! cargo run --release --example observer [-- --handshakes 10000]
//! ```

#[path = "cli/mod.rs"]
mod cli;

#[path = "../tests/observer/mod.rs"]
mod observer;

#[path = "../tests/observed/mod.rs"]
mod observed;

use clap::Parser;

use crate::cli::progress::Progress;
use crate::observed::profiles;
use crate::observed::session::{Answer, record_many};
use crate::observer::flow::{Flow, Side};
use crate::observer::statistics::lengths::{Census, by_position};
use crate::observer::statistics::{balance, repeats};
use crate::observer::verdict::Shares;

/// Judges handshakes by the published detection rules.
#[derive(Parser)]
#[command(name = "observer", version)]
struct Args {
    /// How many handshakes of each profile to judge.
    #[arg(long, default_value_t = 10_000)]
    handshakes: usize,
}

fn main() {
    let args = Args::parse();
    println!("{} handshakes a profile; shares in per cent.", args.handshakes);
    println!(
        "Tstat: found as MSE. Exempt: let through by the five rules of the 2023 firewall study, and by which."
    );
    println!(
        "FET: nDPI's risk \"fully encrypted flow\", by its condition. Clear: BitTorrent seen in the clear."
    );
    println!("A second line: the same on a socket without TCP_NODELAY, where the kernel joins pieces.\n");
    println!(
        "{:<22} {:>6} {:>7} {:>6} {:>6}   {:>5} {:>5} {:>5} {:>5} {:>5}   {:>9}  p(keys)",
        "profile", "Tstat", "exempt", "FET", "clear", "bits", "start", "half", "run", "known", "favourite"
    );
    let progress = Progress::start();
    for profile in profiles::all() {
        progress.next(format!("{}: {} handshakes", profile.name, args.handshakes));
        let flows = record_many(
            args.handshakes,
            &profile.connector,
            &profile.acceptor,
            Answer::WithStep4,
        );
        let mut keys: Vec<[u8; 96]> = Vec::new();
        for flow in &flows {
            keys.extend([Side::Initiator, Side::Responder].map(|side| first_key(flow, side)));
        }
        assert_eq!(repeats::count(&keys), 0, "a key was used twice");
        let favourite = by_position(&flows, 4)
            .iter()
            .filter_map(Census::favourite)
            .map(|(_, share)| share)
            .fold(0.0, f64::max);
        print_shares(profile.name, &Shares::of(&flows));
        println!("   {:>8.2}%  {:.3}", 100.0 * favourite, balance::of_keys(&keys));
        let joined: Vec<Flow> = flows.iter().map(Flow::without_nodelay).collect();
        if joined != flows {
            print_shares("  without TCP_NODELAY", &Shares::of(&joined));
            println!();
        }
    }
    println!("\nfavourite: the largest share of one length at one of the first four writes.");
    println!("p(keys): the probability that honest keys are as far from half squares, half not, as these.");
}

fn print_shares(name: &str, shares: &Shares) {
    let percent = |count| shares.percent(count);
    print!(
        "{name:<22} {:>6.2} {:>7.2} {:>6.2} {:>6.2}  ",
        percent(shares.tstat),
        percent(shares.exempt),
        percent(shares.fully_encrypted),
        percent(shares.bittorrent),
    );
    for count in shares.exempt_by {
        print!(" {:>5.1}", percent(count));
    }
}

fn first_key(flow: &Flow, side: Side) -> [u8; 96] {
    let stream = flow.stream(side);
    stream[..96].try_into().expect("96 bytes")
}
