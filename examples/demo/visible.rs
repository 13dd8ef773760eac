//! Where somebody on the wire may see that it is BitTorrent, and whether that is so.

use std::fmt;

use crate::cli::handshake::{self, PROTOCOL};
use crate::tap::Recording;

#[derive(Clone, Copy)]
pub(crate) enum Visible {
    FromTheStart,
    AfterHandshake,
    Never,
}

impl fmt::Display for Visible {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::FromTheStart => "yes, from the first byte",
            Self::AfterHandshake => "only after the MSE handshake",
            Self::Never => "never",
        })
    }
}

impl Visible {
    /// Whether this is what was recorded: one connection, and before it, perhaps, an attempt that was dropped. The last
    /// `stream_len` bytes each way are what followed the initial payloads.
    pub(crate) fn check(self, recordings: &[Recording], stream_len: usize) -> Result<(), String> {
        let (answered, dropped): (Vec<_>, Vec<_>) = recordings
            .iter()
            .partition(|recording| !recording.from_responder.is_empty());
        // Only MSE is dropped here, and nothing of it is to be seen.
        for attempt in dropped {
            expect("dropped attempt", &attempt.from_initiator, None)?;
        }
        let [connection] = answered[..] else {
            let found = answered.len();
            return Err(format!("the tap saw {found} connections, expected one"));
        };
        let Recording {
            from_initiator,
            from_responder,
        } = connection;
        // The initiator's initial payload is a part of the MSE handshake. The responder's is not: it follows step 4.
        let behind_ia = from_initiator.len().checked_sub(stream_len);
        let behind_step_4 = from_responder.len().checked_sub(stream_len + handshake::LEN);
        let (initiator, responder) = match self {
            Self::FromTheStart => (Some(0), Some(0)),
            Self::AfterHandshake => (behind_ia, behind_step_4),
            Self::Never => (None, None),
        };
        expect("initiator", from_initiator, initiator)?;
        expect("responder", from_responder, responder)
    }
}

fn expect(who: &str, wire: &[u8], expected: Option<usize>) -> Result<(), String> {
    let seen = wire.windows(PROTOCOL.len()).position(|at| at == PROTOCOL);
    if seen == expected {
        return Ok(());
    }
    let at = |offset: Option<usize>| offset.map_or("nowhere".to_owned(), |at| format!("at {at}"));
    Err(format!(
        "the BitTorrent handshake of the {who} is visible {}, expected {}",
        at(seen),
        at(expected)
    ))
}
