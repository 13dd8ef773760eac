//! A recorded connection: the writes of both sides in the order in which they reached the wire.

/// Payload of one TCP segment on an Ethernet path with timestamps, the usual case of a home connection.
pub const MSS: usize = 1448;

/// Who wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// The side that opened the transport connection; a rule's "client".
    Initiator,
    /// The side that accepted it; a rule's "server".
    Responder,
}

/// Bytes that one side put on the wire in one go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Write {
    /// Who wrote.
    pub from: Side,
    /// What an observer reads; never empty.
    pub bytes: Vec<u8>,
}

/// The writes of one connection, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flow {
    writes: Vec<Write>,
}

impl Flow {
    /// A flow made of the given writes.
    pub fn of<B: AsRef<[u8]>>(writes: impl IntoIterator<Item = (Side, B)>) -> Self {
        let mut flow = Self::default();
        for (from, bytes) in writes {
            flow.record(from, bytes.as_ref());
        }
        flow
    }

    /// Appends a write; an empty one leaves no trace on a wire and none here.
    pub fn record(&mut self, from: Side, bytes: &[u8]) {
        if !bytes.is_empty() {
            self.writes.push(Write {
                from,
                bytes: bytes.to_vec(),
            });
        }
    }

    /// All writes in order.
    pub fn writes(&self) -> &[Write] {
        &self.writes
    }

    /// The sizes of the writes of one side, in order.
    pub fn sizes(&self, side: Side) -> impl Iterator<Item = usize> {
        self.writes
            .iter()
            .filter(move |write| write.from == side)
            .map(|write| write.bytes.len())
    }

    /// Everything that one side wrote, joined.
    pub fn stream(&self, side: Side) -> Vec<u8> {
        self.writes
            .iter()
            .filter(|write| write.from == side)
            .flat_map(|write| write.bytes.iter().copied())
            .collect()
    }

    /// The payloads of the packets: each write, cut where a segment is full.
    pub fn packets(&self) -> impl Iterator<Item = (Side, &[u8])> {
        self.writes
            .iter()
            .flat_map(|write| write.bytes.chunks(MSS).map(move |chunk| (write.from, chunk)))
    }

    /// The payload of the first packet that the initiator sent.
    pub fn first_client_payload(&self) -> Option<&[u8]> {
        self.packets()
            .find(|(from, _)| *from == Side::Initiator)
            .map(|(_, payload)| payload)
    }

    /// The same flow on a socket without `TCP_NODELAY`, the worst case of Nagle's algorithm: of a run of writes that the
    /// other side does not interrupt, the first leaves at once and all others are joined while it is unacknowledged.
    pub fn without_nodelay(&self) -> Self {
        let mut joined = Self::default();
        for run in self.writes.chunk_by(|before, after| before.from == after.from) {
            let mut writes = run.iter();
            let Some(first) = writes.next() else { continue };
            joined.record(first.from, &first.bytes);
            let rest: Vec<u8> = writes.flat_map(|write| write.bytes.iter().copied()).collect();
            joined.record(first.from, &rest);
        }
        joined
    }
}

#[cfg(test)]
mod tests {
    use super::{Flow, MSS, Side};
    use Side::{Initiator, Responder};

    #[test]
    fn an_empty_write_leaves_no_trace() {
        let flow = Flow::of([(Initiator, &b""[..]), (Responder, b"x")]);
        assert_eq!(flow.writes().len(), 1);
        assert_eq!(flow.first_client_payload(), None);
    }

    #[test]
    fn a_long_write_is_cut_into_full_segments() {
        let flow = Flow::of([(Initiator, vec![7; 2 * MSS + 5])]);
        let lengths: Vec<usize> = flow.packets().map(|(_, payload)| payload.len()).collect();
        assert_eq!(lengths, [MSS, MSS, 5]);
        assert_eq!(flow.sizes(Initiator).collect::<Vec<_>>(), [2 * MSS + 5]);
    }

    #[test]
    fn the_first_client_payload_is_the_initiators_even_when_the_responder_speaks_first() {
        let flow = Flow::of([(Responder, "SSH-2.0-x\r\n"), (Initiator, "SSH-2.0-y\r\n")]);
        assert_eq!(flow.first_client_payload(), Some(&b"SSH-2.0-y\r\n"[..]));
    }

    #[test]
    fn without_nodelay_all_but_the_first_write_of_a_run_are_joined() {
        let flow = Flow::of([
            (Initiator, "a"),
            (Initiator, "b"),
            (Initiator, "c"),
            (Responder, "d"),
            (Initiator, "e"),
        ]);
        let joined = Flow::of([
            (Initiator, "a"),
            (Initiator, "bc"),
            (Responder, "d"),
            (Initiator, "e"),
        ]);
        assert_eq!(flow.without_nodelay(), joined);
        assert_eq!(joined.stream(Initiator), b"abce");
    }
}
