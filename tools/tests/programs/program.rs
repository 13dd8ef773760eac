//! Running the programs: with a time limit, and never left running.

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle, sleep};
use std::time::{Duration, Instant};

/// Far more than anything here takes.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) const TORRENT: &str = "0123456789abcdef0123456789ABCDEF01234567";
pub(crate) const OTHER_TORRENT: &str = "ffffffffffffffffffffffffffffffffffffffff";

/// `TORRENT` in bytes.
pub(crate) const INFO_HASH: [u8; 20] = [
    0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0x01,
    0x23, 0x45, 0x67,
];

/// A BitTorrent handshake for `TORRENT`.
pub(crate) fn handshake() -> Vec<u8> {
    [
        b"\x13BitTorrent protocol\0\0\0\0\0\0\0\0".as_slice(),
        &INFO_HASH,
        b"-XX0000-0123456789ab",
    ]
    .concat()
}

fn path(program: &str) -> &'static str {
    match program {
        "mse-bridge" => env!("CARGO_BIN_EXE_mse-bridge"),
        "mse-probe" => env!("CARGO_BIN_EXE_mse-probe"),
        other => panic!("no program {other}"),
    }
}

/// Splits a command line at its spaces.
pub(crate) fn spawn(program: &str, arguments: &str) -> Running {
    let child = Command::new(path(program))
        .args(arguments.split_whitespace())
        .env_remove("RUST_LOG")
        .env("RUST_BACKTRACE", "1")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    Running(child)
}

/// Runs a program to its end.
pub(crate) fn run(program: &str, arguments: &str) -> Ended {
    spawn(program, arguments).end()
}

/// A process that does not outlive the test.
pub(crate) struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Running {
    pub(crate) fn end(mut self) -> Ended {
        let stdout = self.0.stdout.take().map(collect);
        let stderr = self.0.stderr.take().map(collect);
        let until = Instant::now() + PATIENCE;
        let status = loop {
            if let Some(status) = self.0.try_wait().expect("a child") {
                break status.code();
            }
            assert!(Instant::now() < until, "the program does not end");
            sleep(Duration::from_millis(5));
        };
        let text = |reader: Option<JoinHandle<String>>| reader.map(|it| it.join().expect("text"));
        Ended {
            status,
            stdout: text(stdout).unwrap_or_default(),
            stderr: text(stderr).unwrap_or_default(),
        }
    }
}

fn collect(mut from: impl Read + Send + 'static) -> JoinHandle<String> {
    thread::spawn(move || {
        let mut text = String::new();
        let _ = from.read_to_string(&mut text);
        text
    })
}

/// A program that has ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) status: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ended {
    #[track_caller]
    pub(crate) fn assert_success(&self, stdout: &str) {
        assert_eq!(self.status, Some(0), "{self:?}");
        assert!(self.stdout.contains(stdout), "no `{stdout}` in {self:?}");
        assert_eq!(self.stderr, "", "{self:?}");
    }

    /// One line on stderr that says what is wrong, and this status.
    #[track_caller]
    pub(crate) fn assert_failure(&self, status: i32, stderr: &str) {
        assert_eq!(self.status, Some(status), "{self:?}");
        assert_eq!(self.stderr.lines().count(), 1, "{self:?}");
        assert!(self.stderr.starts_with("error: "), "{self:?}");
        assert!(self.stderr.contains(stderr), "no `{stderr}` in {self:?}");
        assert_eq!(self.stdout, "", "{self:?}");
    }
}

/// A bridge that listens.
pub(crate) struct Bridge {
    pub(crate) address: SocketAddr,
    stderr: Arc<Mutex<String>>,
    running: Running,
}

impl Bridge {
    pub(crate) fn to(target: SocketAddr, arguments: &str) -> Self {
        Self::announced(&format!("--listen 127.0.0.1:0 --connect {target} {arguments}"))
    }

    pub(crate) fn socks5(arguments: &str) -> Self {
        Self::announced(&format!("--socks5 127.0.0.1:0 {arguments}"))
    }

    /// Waits for its first line.
    fn announced(arguments: &str) -> Self {
        let mut running = spawn("mse-bridge", arguments);
        let mut stdout = BufReader::new(running.0.stdout.take().expect("piped"));
        let stderr = Arc::new(Mutex::new(String::new()));
        let from = BufReader::new(running.0.stderr.take().expect("piped"));
        let to = Arc::clone(&stderr);
        thread::spawn(move || {
            for line in from.lines().map_while(Result::ok) {
                *to.lock().expect("not poisoned") += &(line + "\n");
            }
        });
        let mut first = String::new();
        stdout.read_line(&mut first).expect("text");
        let address = first.trim_end().strip_prefix("listening on ");
        let address = address.and_then(|address| address.parse().ok());
        Self {
            address: address.unwrap_or_else(|| panic!("the first line is {first:?}")),
            stderr,
            running,
        }
    }

    /// Sends a signal, such as `-TERM`, and waits for the status.
    #[cfg(unix)]
    pub(crate) fn signal(&mut self, signal: &str) -> Option<i32> {
        let process = self.running.0.id().to_string();
        let told = Command::new("kill").args([signal, &process]).status();
        assert!(told.expect("kill is there").success());
        let until = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.running.0.try_wait().expect("a child") {
                return status.code();
            }
            assert!(Instant::now() < until, "the program does not end");
            sleep(Duration::from_millis(5));
        }
    }

    /// Waits until it said this on stderr.
    #[track_caller]
    pub(crate) fn expect_line(&self, part: &str) {
        let until = Instant::now() + PATIENCE;
        loop {
            let said = self.stderr.lock().expect("not poisoned").clone();
            assert!(!said.contains("panicked"), "{said}");
            if said.lines().any(|line| line.contains(part)) {
                return;
            }
            assert!(Instant::now() < until, "no line with `{part}` in:\n{said}");
            sleep(Duration::from_millis(5));
        }
    }
}
