//! The two pictures, as SVG.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use crate::handshakes::Rates;
use crate::transport::Curves;

const COLOURS: [&str; 8] = [
    "#c0392b", "#e59866", "#7f8c8d", "#2471a3", "#17202a", "#8e44ad", "#1e8449", "#58d68d",
];
const WIDTH: f64 = 760.0;
const TEXT: &str = "font-family='sans-serif' font-size='12' fill='#333'";

fn page(height: f64, body: &str) -> String {
    format!(
        "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {WIDTH} {height}' width='{WIDTH}' height='{height}'>\n\
         <rect width='100%' height='100%' fill='white'/>\n{body}</svg>\n"
    )
}

fn label(x: f64, y: f64, anchor: &str, text: &str) -> String {
    format!("<text x='{x:.1}' y='{y:.1}' text-anchor='{anchor}' {TEXT}>{text}</text>\n")
}

/// MB/s against the size of a write, both axes logarithmic.
fn throughput(curves: &Curves) -> String {
    let (left, right, top, bottom) = (60.0, 470.0, 40.0, 380.0);
    let x = |size: usize| left + (right - left) * ((size as f64).log2() - 4.0) / 14.0;
    let y = |speed: f64| bottom - (bottom - top) * (speed.max(1.0).log10() / 4.0);
    let mut body = label(
        left,
        22.0,
        "start",
        "MB/s of one core, sending and receiving over loopback, by bytes per write",
    );
    for power in 0..=4 {
        let speed = 10f64.powi(power);
        let _ = writeln!(body, "<path d='M{left} {0:.1}H{right}' stroke='#ddd'/>", y(speed));
        body += &label(left - 6.0, y(speed) + 4.0, "end", &format!("{speed}"));
    }
    for (n, (name, points)) in curves.iter().enumerate() {
        let colour = COLOURS[n % COLOURS.len()];
        let path: Vec<String> = points
            .iter()
            .map(|(size, speed)| format!("{:.1},{:.1}", x(*size), y(*speed)))
            .collect();
        let _ = writeln!(
            body,
            "<polyline points='{}' fill='none' stroke='{colour}' stroke-width='2'/>",
            path.join(" ")
        );
        let line = top + 20.0 + 22.0 * n as f64;
        let _ = writeln!(
            body,
            "<path d='M{0} {line}h18' stroke='{colour}' stroke-width='3'/>",
            right + 16.0
        );
        body += &label(right + 40.0, line + 4.0, "start", name);
    }
    if let Some((_, points)) = curves.first() {
        for (size, _) in points {
            let text = if *size < 1024 {
                format!("{size}")
            } else {
                format!("{} KiB", size / 1024)
            };
            body += &label(x(*size), bottom + 18.0, "middle", &text);
        }
    }
    page(410.0, &body)
}

fn handshakes(rates: &Rates) -> String {
    let shown: Vec<_> = rates
        .iter()
        .filter(|(name, _)| name != "connecting alone")
        .collect();
    let most = shown.iter().map(|(_, rate)| *rate).fold(1.0, f64::max);
    let mut body = label(
        20.0,
        22.0,
        "start",
        "Handshakes per second of one core, one side, over loopback, connecting included",
    );
    for (n, (name, rate)) in shown.iter().enumerate() {
        let top = 40.0 + 34.0 * n as f64;
        let length = 440.0 * rate / most;
        let colour = if n == 0 { COLOURS[0] } else { COLOURS[2] };
        body += &label(180.0, top + 17.0, "end", name);
        let _ = writeln!(
            body,
            "<rect x='190' y='{top}' width='{length:.1}' height='24' fill='{colour}'/>"
        );
        body += &label(198.0 + length, top + 17.0, "start", &format!("{rate:.0}"));
    }
    page(60.0 + 34.0 * shown.len() as f64, &body)
}

/// Next to the criterion benches, where the README finds them.
pub fn write(curves: &Curves, rates: &Rates) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    for (name, picture) in [
        ("throughput.svg", throughput(curves)),
        ("handshakes.svg", handshakes(rates)),
    ] {
        fs::write(folder.join(name), picture).unwrap();
        println!("wrote benches/{name}");
    }
}
