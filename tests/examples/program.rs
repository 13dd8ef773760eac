//! Running the examples: bounded in time, and never left behind.

use std::env::{consts::EXE_SUFFIX, current_exe};
use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle, sleep};
use std::time::{Duration, Instant, SystemTime};

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

/// The built example, which `cargo test` sees to, but not `cargo test --test examples`.
fn program(example: &str) -> PathBuf {
    let test = current_exe().expect("a path");
    let target = test.ancestors().nth(2).expect("target/PROFILE/deps/TEST");
    let program = target.join("examples").join(format!("{example}{EXE_SUFFIX}"));
    let built = modified(&program);
    // What Cargo noted of its sources: an old program would pass or fail for what is no longer there.
    let sources = std::fs::read_to_string(program.with_extension("d")).unwrap_or_default();
    let sources = sources.replace("\\ ", "\0");
    let mut sources = sources
        .split_whitespace()
        .skip(1)
        .map(|source| source.replace('\0', " "));
    let fresh = built.is_some() && sources.all(|source| modified(Path::new(&source)) <= built);
    assert!(
        fresh,
        "{} is missing or older than its sources: run `cargo build --examples` first",
        program.display()
    );
    program
}

fn modified(file: &Path) -> Option<SystemTime> {
    file.metadata().ok()?.modified().ok()
}

/// Splits a command line at its spaces.
pub(crate) fn spawn(example: &str, arguments: &str) -> Running {
    let child = Command::new(program(example))
        .args(arguments.split_whitespace())
        .env_remove("RUST_LOG")
        .env("RUST_BACKTRACE", "1")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the example starts");
    Running(child)
}

/// Runs an example to its end.
pub(crate) fn run(example: &str, arguments: &str) -> Ended {
    spawn(example, arguments).end()
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
    /// Nobody reads what it prints any more.
    pub(crate) fn close_stdout(&mut self) {
        self.0.stdout = None;
    }

    pub(crate) fn end(mut self) -> Ended {
        let stdout = self.0.stdout.take().map(collect);
        let stderr = self.0.stderr.take().map(collect);
        let until = Instant::now() + PATIENCE;
        let status = loop {
            if let Some(status) = self.0.try_wait().expect("the example is ours") {
                break status.code();
            }
            assert!(Instant::now() < until, "the example does not end");
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

/// An example that came to its end.
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

/// `echo_server`, listening.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    stderr: Arc<Mutex<String>>,
    running: Running,
}

impl Server {
    pub(crate) fn start(example: &str, arguments: &str) -> Self {
        Self::start_at("127.0.0.1:0", example, arguments)
    }

    pub(crate) fn start_at(listen: &str, example: &str, arguments: &str) -> Self {
        Self::announced(example, &format!("--listen {listen} {arguments}"))
    }

    /// Waits for its first line.
    fn announced(example: &str, arguments: &str) -> Self {
        let mut running = spawn(example, arguments);
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
            address: address.unwrap_or_else(|| panic!("{example} said {first:?}")),
            stderr,
            running,
        }
    }

    pub(crate) fn echo_server(arguments: &str) -> Self {
        Self::start("echo_server", &format!("--info-hash {TORRENT} {arguments}"))
    }

    /// Runs `echo_client` against it.
    pub(crate) fn echo(&self, arguments: &str) -> Ended {
        self.echo_all(arguments, 100_000)
    }

    pub(crate) fn echo_all(&self, arguments: &str, bytes: u64) -> Ended {
        let address = self.address;
        let torrent = if arguments.contains("--info-hash") {
            String::new()
        } else {
            format!("--info-hash {TORRENT}")
        };
        run(
            "echo_client",
            &format!("--connect {address} --timeout 100 --bytes {bytes} {torrent} {arguments}"),
        )
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
