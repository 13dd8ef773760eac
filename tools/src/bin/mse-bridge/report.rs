//! Lines on stderr that never delay a connection.

use std::fmt::Display;
use std::io::Write;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use tokio_mse::Negotiated;

/// If stderr is not read, this many lines are kept, and later ones dropped.
const BACKLOG: usize = 1024;

/// How long the end of the program waits for stderr to be read.
const LAST: Duration = Duration::from_secs(2);

/// Writes lines to stderr from a thread of its own, because a full pipe blocks its writer.
#[derive(Clone)]
pub(crate) struct Report(SyncSender<Message>);

enum Message {
    Line(String),
    /// A line whose writing is confirmed.
    Last(String, SyncSender<()>),
}

impl Report {
    pub(crate) fn start() -> Self {
        let (sender, messages) = sync_channel(BACKLOG);
        thread::spawn(move || {
            for message in messages {
                let (line, written) = match message {
                    Message::Line(line) => (line, None),
                    Message::Last(line, written) => (line, Some(written)),
                };
                // The pipe may be closed already.
                let _ = writeln!(std::io::stderr(), "{line}");
                if let Some(written) = written {
                    let _ = written.send(());
                }
            }
        });
        Self(sender)
    }

    pub(crate) fn line(&self, line: impl Display) {
        let _ = self.0.try_send(Message::Line(line.to_string()));
    }

    /// Writes a line after all others, and waits until it is written, if stderr is read at all.
    pub(crate) fn last(&self, line: impl Display) {
        let (written, confirmed) = sync_channel(1);
        if self.0.try_send(Message::Last(line.to_string(), written)).is_ok() {
            let _ = confirmed.recv_timeout(LAST);
        }
    }
}

/// `plaintext`, `header-only` or `rc4`, and whether it took a redial.
pub(crate) fn mode(negotiated: &Negotiated) -> String {
    let redialled = if negotiated.attempts() > 1 {
        " (redialled)"
    } else {
        ""
    };
    format!("{}{redialled}", negotiated.mode())
}
