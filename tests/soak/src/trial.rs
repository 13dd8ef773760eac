//! The trials, as users name them.

use clap::ValueEnum;

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Trial {
    /// Many encrypted connections at a time, idle and at work
    Crowd,
    /// Silent and trickling peers around honest ones
    Silent,
    /// Random, truncated, replayed and altered handshakes
    Broken,
    /// One stranger against a process that may open 256 descriptors, and limits connections per address
    Descriptors,
    /// More failed handshakes than may linger
    Eviction,
    /// What a prober learns from the times of answers and ends
    NoTell,
}
