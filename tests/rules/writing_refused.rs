//! W5, W6, W7 and W10: empty writes, and transports that accept nothing, report too much or fail.

use std::io::ErrorKind;
use std::task::Poll;

use tokio::io::{AsyncWrite, AsyncWriteExt};

use crate::support::pair::{Mode, stream};
use crate::support::poll::{self, failure, ready};
use crate::support::script::{Script, Scripted, Step};
use crate::support::write_limit::WRITE_LIMIT;
use crate::writing::{decrypt, pattern};

#[test]
fn w5_an_empty_write_never_reaches_the_inner_writer() {
    for mode in Mode::ALL.iter().copied() {
        let io = Scripted::writing([]);
        let mut peer = stream(mode, io.clone());
        assert_eq!(ready(poll::write(&mut peer, b"")), 0);
        assert_eq!(ready(poll::write_vectored(&mut peer, &[])), 0);
        assert_eq!(ready(poll::write_vectored(&mut peer, &[vec![], vec![]])), 0);
        assert_eq!(io.calls(), []);
        assert_eq!(ready(poll::write(&mut peer, b"first")), 5);
        assert_eq!(ready(poll::write(&mut peer, b"")), 0);
        assert_eq!(ready(poll::write(&mut peer, b"second")), 6);
        assert_eq!(io.calls().len(), 2);
        assert_eq!(decrypt(mode, &io.written()), b"firstsecond");
    }
}

#[tokio::test]
async fn w6_an_inner_write_of_nothing_is_passed_on() {
    for mode in Mode::ALL.iter().copied() {
        let io = Scripted::writing([Step::Move(2), Step::Move(0), Step::Move(0)]);
        let mut peer = stream(mode, io.clone());
        let error = peer.write_all(b"data").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::WriteZero);
        assert_eq!(ready(poll::write(&mut peer, b"ta")), 0);
        assert_eq!(ready(poll::write(&mut peer, b"te")), 2);
        assert_eq!(decrypt(mode, &io.written()), b"date", "{mode:?}");
    }
}

#[test]
fn w7_an_inner_writer_that_reports_too_much_is_an_error_for_good() {
    for mode in Mode::ALL.iter().copied() {
        for more in [1, WRITE_LIMIT, usize::MAX / 2] {
            let io = Scripted::writing([Step::Move(1), Step::Overlong(more)]);
            let mut peer = stream(mode, io.clone());
            assert_eq!(ready(poll::write(&mut peer, b"data")), 1);
            failure(poll::write(&mut peer, b"data"));
            let calls = io.take_calls().len();
            assert_eq!(calls, 2);
            for _ in 0..3 {
                failure(poll::write(&mut peer, b"more"));
                failure(poll::write_vectored(&mut peer, &[b"more".to_vec()]));
            }
            assert_eq!(io.take_calls(), [], "a broken stream must not be written to");
            ready(poll::flush(&mut peer));
            ready(poll::shutdown(&mut peer));
            assert_eq!(ready(poll::read(&mut peer, 1)), b"");
        }
    }
}

#[test]
fn w7_too_much_of_a_vectored_write_is_an_error_too() {
    for mode in Mode::ALL.iter().copied() {
        let io = Scripted::new(Script {
            writes: vec![Step::Overlong(1)],
            vectored: true,
            ..Script::default()
        });
        let mut peer = stream(mode, io.clone());
        failure(poll::write_vectored(&mut peer, &[b"da".to_vec(), b"ta".to_vec()]));
        failure(poll::write(&mut peer, b"more"));
        assert_eq!(io.calls().len(), 1, "{mode:?}");
    }
}

#[test]
fn w7_exactly_as_much_as_was_given_is_no_error() {
    for mode in Mode::ALL.iter().copied() {
        let io = Scripted::writing([Step::Overlong(0)]);
        let mut peer = stream(mode, io);
        assert_eq!(ready(poll::write(&mut peer, b"data")), 4, "{mode:?}");
    }
}

#[test]
fn w7_a_write_that_panicked_cannot_leave_wrong_keystream_behind() {
    struct Panics;
    impl AsyncWrite for Panics {
        fn poll_write(
            self: std::pin::Pin<&mut Self>,
            _: &mut std::task::Context<'_>,
            _: &[u8],
        ) -> Poll<std::io::Result<usize>> {
            panic!("as some transports do")
        }
        fn poll_flush(
            self: std::pin::Pin<&mut Self>,
            _: &mut std::task::Context<'_>,
        ) -> Poll<std::io::Result<()>> {
            Poll::Ready(Ok(()))
        }
        fn poll_shutdown(
            self: std::pin::Pin<&mut Self>,
            _: &mut std::task::Context<'_>,
        ) -> Poll<std::io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }
    let (_, mut writer) = stream(Mode::Rc4, ()).into_split_with(|()| ((), Panics));
    let attempt = std::panic::AssertUnwindSafe(|| poll::write(&mut writer, b"data"));
    std::panic::catch_unwind(attempt).unwrap_err();
    failure(poll::write(&mut writer, b"data"));
}

#[test]
fn w10_an_inner_error_leaves_the_keystream_where_it_was() {
    for mode in Mode::ALL.iter().copied() {
        let kinds = crate::support::fail_at::EVERY_KIND;
        let io = Scripted::writing(
            kinds
                .into_iter()
                .flat_map(|kind| [Step::Fail(kind), Step::Move(1)])
                .collect::<Vec<_>>(),
        );
        let mut peer = stream(mode, io.clone());
        for (turn, kind) in kinds.into_iter().enumerate() {
            assert_eq!(failure(poll::write(&mut peer, &pattern(turn, 90))).kind(), kind);
            assert_eq!(ready(poll::write(&mut peer, &pattern(turn, 2))), 1);
        }
        let expected: Vec<u8> = (0..kinds.len()).map(|turn| pattern(turn, 1)[0]).collect();
        assert_eq!(decrypt(mode, &io.written()), expected, "{mode:?}");
    }
}
