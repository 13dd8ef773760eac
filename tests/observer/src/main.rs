//! What published detection rules say of the library's handshakes: the shares of each profile, as a table.
//!
//! ```text
//! cargo run --release -p mse-observer [-- --handshakes 10000]
//! ```

use clap::Parser;
use mse_observer::flow::{Flow, Side};
use mse_observer::observed::profiles;
use mse_observer::observed::session::{Answer, record_many};
use mse_observer::statistics::lengths::{Census, by_position};
use mse_observer::statistics::{balance, repeats};
use mse_observer::verdict::Shares;

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
    print_legend(args.handshakes);
    println!(
        "{:<22} {:>6} {:>6} {:>7} {:>7} {:>7} {:>6}   {:>5} {:>5} {:>5} {:>5} {:>5}   {:>9}  p(keys)",
        "profile",
        "Tstat",
        "bursts",
        "exempt",
        "nDPI-",
        "nDPI+",
        "clear",
        "bits",
        "start",
        "half",
        "run",
        "known",
        "favourite"
    );
    for profile in profiles::all() {
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

fn print_legend(handshakes: usize) {
    println!("{handshakes} handshakes a profile; shares in per cent.");
    for (column, meaning) in [
        (
            "Tstat",
            "found by Tstat's rule for MSE: sizes of the first messages, and bytes that look random.",
        ),
        (
            "bursts",
            "found by the rule of three bursts: how many bytes come until the other side speaks. No option changes it.",
        ),
        (
            "exempt",
            "let through by the five rules of the 2023 firewall study; by which is said by bits, start, half, run, known.",
        ),
        (
            "nDPI-",
            "nDPI 5.0 as it comes: the risk \"suspicious entropy\", for more entropy than text has.",
        ),
        (
            "nDPI+",
            "nDPI with fully_encrypted_heuristic enabled: the risk \"obfuscated traffic\"; else it judges as in nDPI-.",
        ),
        ("clear", "the signature of BitTorrent was seen in the clear."),
    ] {
        println!("{column:>7}: {meaning}");
    }
    println!("A second line: the same on a socket without TCP_NODELAY, where the kernel joins pieces.\n");
}

fn print_shares(name: &str, shares: &Shares) {
    let percent = |count| shares.percent(count);
    print!(
        "{name:<22} {:>6.2} {:>6.2} {:>7.2} {:>7.2} {:>7.2} {:>6.2}  ",
        percent(shares.tstat),
        percent(shares.bursts),
        percent(shares.exempt),
        percent(shares.suspicious_entropy),
        percent(shares.obfuscated),
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
