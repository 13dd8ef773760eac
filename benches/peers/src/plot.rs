//! The two pictures, as SVG. They have to be read in print, too: lines differ by dashes and marks as well as by colour.

use std::fmt::Write;
use std::fs;

use crate::handshakes::Rates;
use crate::transport::Curves;
use mse_measure::page;

/// Colour and dashes, from dark to light by turns.
const STYLES: [(&str, &str); 8] = [
    ("#b2182b", ""),
    ("#111111", "2 3"),
    ("#2166ac", ""),
    ("#5aae61", "8 4"),
    ("#762a83", ""),
    ("#e08214", "8 4"),
    ("#666666", ""),
    ("#1b7837", "2 3"),
];
const WIDTH: f64 = 800.0;
const TEXT: &str = "font-family='sans-serif' font-size='12' fill='#222'";

/// Below this, the system's calls are what is measured: every line lies on every other one.
const LEAST_WRITE: usize = 1024;

fn page(height: f64, body: &str) -> String {
    format!(
        "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {WIDTH} {height}' width='{WIDTH}' height='{height}'>\n\
         <rect width='100%' height='100%' fill='white'/>\n{body}</svg>\n"
    )
}

fn label(x: f64, y: f64, anchor: &str, text: &str) -> String {
    format!("<text x='{x:.1}' y='{y:.1}' text-anchor='{anchor}' {TEXT}>{text}</text>\n")
}

/// A mark in one of four shapes.
fn mark(n: usize, x: f64, y: f64, colour: &str) -> String {
    let shape = match n % 4 {
        0 => format!("M{:.1} {y:.1}a4 4 0 1 0 8 0a4 4 0 1 0 -8 0", x - 4.0),
        1 => format!("M{:.1} {:.1}h7v7h-7z", x - 3.5, y - 3.5),
        2 => format!("M{x:.1} {:.1}l4.5 8h-9z", y - 5.0),
        _ => format!("M{x:.1} {:.1}l5 5l-5 5l-5 -5z", y - 5.0),
    };
    // Hollow, so that a line below shows.
    format!("<path d='{shape}' fill='white' stroke='{colour}' stroke-width='1.5'/>\n")
}

/// MB/s against the size of a write, both axes logarithmic.
fn throughput(kind: &str, curves: &Curves) -> String {
    let mut curves: Vec<(&str, Vec<(usize, f64)>)> = curves
        .iter()
        .map(|(name, points)| {
            let shown = points.iter().copied().filter(|(size, _)| *size >= LEAST_WRITE);
            (name.as_str(), shown.collect())
        })
        .collect();
    // The legend follows the lines from the uppermost to the lowest, where they end beside it.
    let end = |points: &[(usize, f64)]| points.last().map_or(0.0, |(_, speed)| *speed);
    curves.sort_by(|(_, a), (_, b)| end(b).total_cmp(&end(a)));
    let speeds = || {
        curves
            .iter()
            .flat_map(|(_, points)| points)
            .map(|(_, speed)| *speed)
    };
    let lowest = speeds().fold(f64::MAX, f64::min).log10().floor();
    let highest = speeds().fold(1.0, f64::max).log10().ceil();
    let (left, right, top, bottom) = (70.0, 500.0, 50.0, 390.0);
    let x = |size: usize| left + (right - left) * ((size as f64).log2() - 10.0) / 8.0;
    let y = |speed: f64| bottom - (bottom - top) * (speed.log10() - lowest) / (highest - lowest);
    let mut body = label(
        left,
        20.0,
        "start",
        "One core, sending and receiving over loopback",
    );
    body += &label(left, 36.0, "start", kind);
    for power in lowest as i32..=highest as i32 {
        for digit in [1.0, 2.0, 5.0] {
            let speed = digit * 10f64.powi(power);
            if y(speed) >= top - 0.5 {
                let _ = writeln!(body, "<path d='M{left} {0:.1}H{right}' stroke='#ddd'/>", y(speed));
                body += &label(left - 6.0, y(speed) + 4.0, "end", &format!("{speed}"));
            }
        }
    }
    let _ = writeln!(
        body,
        "<text transform='translate(18 {:.1}) rotate(-90)' text-anchor='middle' {TEXT}>MB/s</text>",
        (top + bottom) / 2.0
    );
    body += &label((left + right) / 2.0, bottom + 40.0, "middle", "bytes per write");
    for (size, _) in curves.first().map_or(&[][..], |(_, points)| points) {
        body += &label(x(*size), bottom + 18.0, "middle", &format!("{} KiB", size / 1024));
    }
    for (n, (name, points)) in curves.iter().enumerate() {
        let (colour, dashes) = STYLES[n % STYLES.len()];
        let path: Vec<String> = points
            .iter()
            .map(|(size, speed)| format!("{:.1},{:.1}", x(*size), y(*speed)))
            .collect();
        let stroke = format!("fill='none' stroke='{colour}' stroke-width='2' stroke-dasharray='{dashes}'");
        let _ = writeln!(body, "<polyline points='{}' {stroke}/>", path.join(" "));
        // Marks of neighbours in the legend are shifted, so that none of two equal lines hides the other's.
        for (size, speed) in points {
            body += &mark(n, x(*size) + 6.0 * (n % 3) as f64 - 6.0, y(*speed), colour);
        }
        let line = top + 10.0 + 24.0 * n as f64;
        let _ = writeln!(body, "<path d='M{} {line}h30' {stroke}/>", right + 24.0);
        body += &mark(n, right + 39.0, line, colour);
        body += &label(right + 62.0, line + 4.0, "start", name);
    }
    page(440.0, &body)
}

fn handshakes(kind: &str, rates: &Rates) -> String {
    let mut shown: Vec<_> = rates
        .iter()
        .filter(|(name, _)| name != "connecting alone")
        .collect();
    shown.sort_by(|(_, a), (_, b)| b.total_cmp(a));
    let most = shown.iter().map(|(_, rate)| *rate).fold(1.0, f64::max);
    let mut body = label(
        20.0,
        20.0,
        "start",
        "Handshakes per second of one core, one side, over loopback, connecting included",
    );
    body += &label(20.0, 36.0, "start", kind);
    for (n, (name, rate)) in shown.iter().enumerate() {
        let top = 52.0 + 34.0 * n as f64;
        let length = 440.0 * rate / most;
        let colour = if name == "tokio-mse" { STYLES[0].0 } else { "#999" };
        body += &label(180.0, top + 17.0, "end", name);
        let _ = writeln!(
            body,
            "<rect x='190' y='{top}' width='{length:.1}' height='24' fill='{colour}'/>"
        );
        body += &label(198.0 + length, top + 17.0, "start", &format!("{rate:.0}"));
    }
    page(70.0 + 34.0 * shown.len() as f64, &body)
}

/// Their names, beside `README.md`.
pub fn write(slug: &str, kind: &str, curves: &Curves, rates: &Rates) -> Vec<String> {
    [
        (format!("throughput-{slug}.svg"), throughput(kind, curves)),
        (format!("handshakes-{slug}.svg"), handshakes(kind, rates)),
    ]
    .into_iter()
    .map(|(name, picture)| {
        fs::write(page::folder().join(&name), picture).unwrap();
        name
    })
    .collect()
}
