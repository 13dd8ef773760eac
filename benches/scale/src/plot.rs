//! Two curves a picture: what a connection and a byte cost, against the number of connections.

use std::fmt::Write;

use crate::Row;
use crate::connections::Kind;

const TEXT: &str = "font-family='sans-serif' font-size='12' fill='#222'";

fn label(x: f64, y: f64, anchor: &str, text: &str) -> String {
    format!("<text x='{x:.1}' y='{y:.1}' text-anchor='{anchor}' {TEXT}>{text}</text>\n")
}

/// Processor time against the number of connections, of every kind and number of workers.
pub fn picture(rows: &[Row], machine: &str) -> String {
    let mut body = label(60.0, 20.0, "start", machine);
    type Value = fn(&Row) -> f64;
    let panels: [(&str, Value); 2] = [
        (
            "us of processor time per connection: both ends, connecting included",
            |row| row.open_us,
        ),
        ("ns of processor time per byte: sent and received", |row| {
            row.byte_ns
        }),
    ];
    for (n, (title, value)) in panels.into_iter().enumerate() {
        body += &panel(rows, title, value, 44.0 + 270.0 * n as f64);
    }
    format!(
        "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 760 600' width='760' height='600'>\n\
         <rect width='100%' height='100%' fill='white'/>\n{body}</svg>\n"
    )
}

fn panel(rows: &[Row], title: &str, value: fn(&Row) -> f64, top: f64) -> String {
    let (left, right, bottom) = (60.0, 500.0, top + 200.0);
    let most = rows.iter().map(value).fold(0.0, f64::max) * 1.1;
    let x = |count: usize| left + (right - left) * ((count as f64).log10() - 1.0) / 3.0;
    let y = |value: f64| bottom - (bottom - top) * value / most;
    let mut body = label(left, top - 6.0, "start", title);
    for tick in 0..=4 {
        let at = most * f64::from(tick) / 4.0;
        let _ = writeln!(body, "<path d='M{left} {:.1}H{right}' stroke='#ddd'/>", y(at));
        body += &label(left - 6.0, y(at) + 4.0, "end", &format!("{at:.1}"));
    }
    for count in [10, 100, 1000, 10_000] {
        body += &label(x(count), bottom + 18.0, "middle", &count.to_string());
    }
    body += &label((left + right) / 2.0, bottom + 36.0, "middle", "connections");
    let mut lines: Vec<(String, &str, &str, Vec<&Row>)> = Vec::new();
    for (kind, colour) in [(Kind::Rc4, "#b2182b"), (Kind::Tcp, "#111111")] {
        for (workers, dashes) in [(1, ""), (2, "7 4")] {
            let points = rows
                .iter()
                .filter(|row| row.kind == kind && row.workers == workers)
                .collect();
            lines.push((
                format!("{}, workers: {workers}", kind.name()),
                colour,
                dashes,
                points,
            ));
        }
    }
    let end = |line: &(String, &str, &str, Vec<&Row>)| line.3.last().map_or(0.0, |row| value(row));
    lines.sort_by(|a, b| end(b).total_cmp(&end(a)));
    for (n, (name, colour, dashes, points)) in lines.iter().enumerate() {
        let path: Vec<String> = points
            .iter()
            .map(|row| format!("{:.1},{:.1}", x(row.connections), y(value(row))))
            .collect();
        let stroke = format!("fill='none' stroke='{colour}' stroke-width='2' stroke-dasharray='{dashes}'");
        let _ = writeln!(body, "<polyline points='{}' {stroke}/>", path.join(" "));
        let line = top + 14.0 + 24.0 * n as f64;
        let _ = writeln!(body, "<path d='M{} {line}h30' {stroke}/>", right + 24.0);
        body += &label(right + 62.0, line + 4.0, "start", name);
    }
    body
}
