//! The established stream over an IO that does whatever an IO may do: only bytes that it accepted are ever counted, and
//! every one of them is the right one.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_mse::handshake::{Established, Machine, Progress};
use tokio_mse::{CryptoMethod, CryptoMethods, MseStream, Policy, Skey, internals};

use crate::inner::{Answer, Both, Inner};
use crate::machine::OurSide;
use crate::reach::Reach;
use crate::reference::Ours;
use crate::tape::{Case, Tape};
use crate::wire::{agreed, payload, skey};
use mse_oracle::heap;
use mse_oracle::{Shared, step_4};

#[derive(Clone, Debug, Default)]
pub struct StreamCase {
    /// Odd for header-only, even for a cipher: AES in every other case.
    pub method: u8,
    /// Even for the whole stream, odd for its halves.
    pub split: u8,
    /// Bytes that come with the handshake, and after it.
    pub unread: u16,
    pub incoming: u16,
    pub calls: Vec<(u8, u16)>,
    pub inner: Vec<(u8, u16)>,
}

impl Case for StreamCase {
    fn walk(&mut self, tape: &mut impl Tape) {
        tape.byte(&mut self.method);
        tape.byte(&mut self.split);
        tape.short(&mut self.unread);
        tape.short(&mut self.incoming);
        for list in [&mut self.calls, &mut self.inner] {
            tape.list(list, |tape, (kind, len)| {
                tape.byte(kind);
                tape.short(len);
            });
        }
    }
}

/// The most that a case's calls can move one way.
const MOST: usize = 256 * (1 << 16);

/// The next `len` bytes of keystream, or of nothing where the stream is clear.
struct Mask {
    cipher: Option<mse_oracle::Cipher>,
    known: Vec<u8>,
}

impl Mask {
    fn xor(&mut self, at: usize, data: &[u8]) -> Vec<u8> {
        let end = at + data.len();
        assert!(end <= MOST);
        if self.known.len() < end {
            let more = vec![0; end - self.known.len()];
            self.known.extend(match &mut self.cipher {
                Some(cipher) => cipher.apply(&more),
                None => more,
            });
        }
        data.iter()
            .zip(&self.known[at..end])
            .map(|(a, b)| a ^ b)
            .collect()
    }
}

/// The stream as a whole, or its halves.
trait Stream {
    fn read(&mut self, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>>;
    fn write(&mut self, bufs: &[&[u8]]) -> Poll<io::Result<usize>>;
    fn flush(&mut self);
    fn shutdown(&mut self);
    fn reader(&self) -> &Inner;
    fn writer(&self) -> &Inner;
}

fn cx() -> Context<'static> {
    Context::from_waker(Waker::noop())
}

fn write<W: AsyncWrite + Unpin>(to: &mut W, bufs: &[&[u8]]) -> Poll<io::Result<usize>> {
    match bufs {
        [buf] => Pin::new(to).poll_write(&mut cx(), buf),
        bufs => {
            let slices: Vec<_> = bufs.iter().map(|buf| IoSlice::new(buf)).collect();
            Pin::new(to).poll_write_vectored(&mut cx(), &slices)
        }
    }
}

impl Stream for MseStream<Both> {
    fn read(&mut self, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(self).poll_read(&mut cx(), buf)
    }
    fn write(&mut self, bufs: &[&[u8]]) -> Poll<io::Result<usize>> {
        write(self, bufs)
    }
    fn flush(&mut self) {
        assert!(Pin::new(self).poll_flush(&mut cx()).is_ready());
    }
    fn shutdown(&mut self) {
        assert!(Pin::new(self).poll_shutdown(&mut cx()).is_ready());
    }
    fn reader(&self) -> &Inner {
        &self.get_ref().reader
    }
    fn writer(&self) -> &Inner {
        &self.get_ref().writer
    }
}

impl Stream for (tokio_mse::MseReadHalf<Inner>, tokio_mse::MseWriteHalf<Inner>) {
    fn read(&mut self, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(&mut cx(), buf)
    }
    fn write(&mut self, bufs: &[&[u8]]) -> Poll<io::Result<usize>> {
        write(&mut self.1, bufs)
    }
    fn flush(&mut self) {
        assert!(Pin::new(&mut self.1).poll_flush(&mut cx()).is_ready());
    }
    fn shutdown(&mut self) {
        assert!(Pin::new(&mut self.1).poll_shutdown(&mut cx()).is_ready());
    }
    fn reader(&self) -> &Inner {
        self.0.get_ref()
    }
    fn writer(&self) -> &Inner {
        self.1.get_ref()
    }
}

/// The oracle.
struct Model {
    clear: bool,
    reach: Reach,
    /// Everything that will ever be read, in clear.
    plain: Vec<u8>,
    unread: usize,
    read: usize,
    mask: Mask,
    written: usize,
    broken: bool,
}

pub fn check(data: &[u8]) {
    let case = StreamCase::read(data);
    let clear = case.method % 2 == 1;
    let (established, mut shared) = establish(&case, clear);
    let unread = usize::from(case.unread % 5000);
    let plain = payload(case.unread % 5000 + case.incoming % 40_000);
    let later = plain[unread..].to_vec();
    let io = Both {
        reader: Inner::new(&case.inner, if clear { later } else { shared.b.apply(&later) }),
        writer: Inner::new(&case.inner, Vec::new()),
    };
    let mut model = Model {
        clear,
        reach: Reach::default(),
        plain,
        unread,
        read: 0,
        mask: Mask {
            cipher: (!clear).then_some(shared.a),
            known: Vec::new(),
        },
        written: 0,
        broken: false,
    };
    let stream = MseStream::from_established(io, established);
    if case.split.is_multiple_of(2) {
        model.run(stream, &case.calls);
    } else {
        let halves = stream.into_split_with(|both| (both.reader, both.writer));
        model.run(halves, &case.calls);
    }
}

/// What the responder of a case selects.
fn selected(case: &StreamCase) -> u32 {
    match case.method % 4 {
        0 => 2,
        2 => 4,
        _ => 1,
    }
}

fn policy(ours: &Ours, selected: u32) -> Policy {
    if selected == 4 {
        return Policy::full_rc4().with_methods(CryptoMethods::only(CryptoMethod::Aes128Ctr));
    }
    ours.policy()
}

/// The library as initiator, with `case.unread` bytes of payload that came along with step 4.
fn establish(case: &StreamCase, clear: bool) -> (Established, Shared) {
    let side = OurSide {
        methods: u8::from(clear),
        ..OurSide::default()
    };
    let ours = side.ours();
    let (skey, secret, selected) = (skey(0), agreed(1), selected(case));
    let initiator = internals::initiator(
        secret,
        Skey::from(skey),
        &policy(&ours, selected),
        "",
        ours.padding(),
    );
    let mut shared = Shared::from_secret(secret, &skey);
    let mut wire = step_4(&mut shared, [0; 8], selected, &[], 0);
    // VC, crypto_provide and two lengths went through the initiator's cipher.
    shared.a.apply(&[0; 16]);
    if selected == 4 {
        shared.switch_to_aes();
    }
    let unread = payload(case.unread % 5000);
    wire.extend(if clear { unread } else { shared.b.apply(&unread) });
    match initiator.process(&wire, &mut Vec::new()) {
        Ok(Progress::Done(established)) => (established, shared),
        other => panic!("{other:?}"),
    }
}

impl Model {
    fn run(&mut self, mut stream: impl Stream, calls: &[(u8, u16)]) {
        let (mut flushes, mut shutdowns) = (0, 0);
        for (kind, len) in calls {
            match kind % 8 {
                0..=2 => self.read(&mut stream, *len),
                3 | 4 => self.write(&mut stream, &[&payload(*len)]),
                5 => {
                    let all = payload(*len);
                    let (first, rest) = all.split_at(all.len() / 3);
                    self.write(&mut stream, &[first, &[], rest, &[7; 3]]);
                }
                6 => {
                    stream.flush();
                    flushes += 1;
                }
                _ => {
                    stream.shutdown();
                    shutdowns += 1;
                }
            }
        }
        assert_eq!(stream.writer().flushes, flushes);
        assert_eq!(stream.writer().shutdowns, shutdowns);
    }

    fn read(&mut self, stream: &mut impl Stream, len: u16) {
        let prefilled = usize::from(len % 5);
        let mut room = vec![0xEE; prefilled + usize::from(len % 3000)];
        let mut buf = ReadBuf::new(&mut room);
        buf.put_slice(&[0xDD; 5][..prefilled]);
        let before = stream.reader().calls.len();
        let space = buf.remaining();
        let outcome = stream.read(&mut buf);
        let filled = buf.filled().len() - prefilled;
        let calls = &stream.reader().calls[before..];
        let replayed = self.unread.saturating_sub(self.read).min(space);
        match (calls, &outcome) {
            ([], Poll::Ready(Ok(()))) => assert_eq!(filled, replayed),
            ([(_, Answer::Pending)], Poll::Pending) => assert_eq!(filled, 0),
            ([(_, Answer::Failed)], Poll::Ready(Err(error))) => {
                assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
                assert_eq!(filled, 0);
            }
            ([(_, Answer::Did(len))], Poll::Ready(Ok(()))) => assert_eq!(filled, *len),
            _ => panic!("{outcome:?} after {calls:?}"),
        }
        assert_eq!(calls.is_empty(), space == 0 || replayed > 0);
        assert_eq!(buf.filled()[..prefilled], [0xDD; 5][..prefilled]);
        assert_eq!(
            buf.filled()[prefilled..],
            self.plain[self.read..self.read + filled]
        );
        self.read += filled;
    }

    fn write(&mut self, stream: &mut impl Stream, bufs: &[&[u8]]) {
        let plain = bufs.concat();
        let before = stream.writer().calls.len();
        let (outcome, _, highest) = heap::measure(|| stream.write(bufs));
        // The window, the double's own copy of it, and what a `Vec` of calls needs.
        assert!(highest < 2 * 17_000 + 2 * plain.len().cast_signed() + 64 * 1024);
        let calls = &stream.writer().calls[before..];
        if plain.is_empty() {
            assert!(calls.is_empty() && matches!(outcome, Poll::Ready(Ok(0))));
            return;
        }
        if self.broken {
            assert!(calls.is_empty() && matches!(outcome, Poll::Ready(Err(_))));
            return;
        }
        let [(offered, answer)] = calls else {
            panic!("{} inner calls for one write", calls.len());
        };
        assert!(offered.len() <= plain.len() && !offered.is_empty());
        if !self.clear {
            assert_eq!(offered.len(), self.reach.of(plain.len()));
        }
        assert_eq!(*offered, self.mask.xor(self.written, &plain[..offered.len()]));
        match (answer, outcome) {
            (Answer::Pending, Poll::Pending) => {}
            (Answer::Failed, Poll::Ready(Err(error))) => {
                assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
            }
            (Answer::Did(len), Poll::Ready(Err(_))) => {
                assert!(*len > offered.len());
                self.broken = true;
            }
            (Answer::Did(len), Poll::Ready(Ok(accepted))) => {
                assert!(*len <= offered.len());
                assert_eq!(accepted, *len);
                self.reach.took(accepted, offered.len());
                self.written += accepted;
            }
            (answer, outcome) => panic!("{outcome:?} after {answer:?}"),
        }
    }
}
