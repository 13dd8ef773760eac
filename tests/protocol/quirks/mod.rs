//! Clients that no package installs any more, or that cannot be made to show their faults at will: emulated, one file
//! each, from what their sources and wires are known to do, over an MSE that shares no code with the library.

mod aria2;
mod bittornado;
mod ktorrent;
mod lengths_of_nothing;
mod limits;
mod mainline;
mod ours;
mod pairs;
mod peer;
mod published;
mod redials;
mod rtorrent;
mod segments;
mod transmission;
mod vuze;
mod webtorrent;
