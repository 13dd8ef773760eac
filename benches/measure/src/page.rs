//! `benches/README.md`: a section for every kind of processor. A run writes its own and keeps the others.

use std::fs;
use std::path::{Path, PathBuf};

use crate::processor::Processor;

const END: &str = "<!-- end of processor -->\n";

/// `benches`, where the README finds the pictures, too.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// The kind as a part of a file's name.
pub fn slug(processor: &Processor) -> String {
    let name = format!("{}-{}-{}", processor.vendor, processor.family, processor.model);
    name.to_lowercase().replace(' ', "-")
}

/// Writes `text` as the section called `name`, and keeps all others.
pub fn write(name: &str, text: &str, pictures: &[String]) {
    let pictures: Vec<String> = pictures
        .iter()
        .map(|picture| format!("![{}]({picture})\n", picture.trim_end_matches(".svg")))
        .collect();
    let section = format!("{}{text}\n{}{END}", begin(name), pictures.concat());
    let path = folder().join("README.md");
    let page = fs::read_to_string(&path).unwrap();
    fs::write(&path, replaced(&page, name, &section)).unwrap();
    println!("wrote benches/README.md, {name}");
}

fn begin(name: &str) -> String {
    format!("<!-- processor: {name} -->\n")
}

/// The page with this section instead of the one of the same name, or with one more at its end.
fn replaced(page: &str, name: &str, section: &str) -> String {
    let Some((before, rest)) = page.split_once(&begin(name)) else {
        return format!("{}\n\n{section}", page.trim_end());
    };
    let (_, after) = rest.split_once(END).expect("a section that ends");
    format!("{before}{section}{after}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_replaces_its_own_section_and_keeps_the_others() {
        let old = |name| format!("{}old {name}\n{END}", begin(name));
        let page = format!("intro\n\n{}\n{}", old("a"), old("b"));
        let new = format!("{}new\n{END}", begin("a"));
        assert_eq!(
            replaced(&page, "a", &new),
            format!("intro\n\n{new}\n{}", old("b"))
        );
    }

    #[test]
    fn a_processor_that_is_new_is_put_last() {
        assert_eq!(replaced("intro\n", "a", "section\n"), "intro\n\nsection\n");
    }
}
