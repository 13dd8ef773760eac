//! Which processor it is.

use std::fmt;
use std::fs;

/// What tells one kind of processor from another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Processor {
    pub vendor: String,
    pub family: u32,
    pub model: u32,
    pub stepping: u32,
    /// What the system calls it; may be empty.
    pub name: String,
}

impl Processor {
    #[cfg(target_arch = "x86_64")]
    pub fn this() -> Self {
        use std::arch::x86_64::__cpuid;

        let vendor = __cpuid(0);
        let vendor: Vec<u8> = [vendor.ebx, vendor.edx, vendor.ecx]
            .into_iter()
            .flat_map(u32::to_le_bytes)
            .collect();
        let version = __cpuid(1).eax;
        let (family, model) = (version >> 8 & 15, version >> 4 & 15);
        let (extended_family, extended_model) = (version >> 20 & 255, version >> 16 & 15);
        Self {
            vendor: String::from_utf8_lossy(&vendor).into_owned(),
            family: if family == 15 {
                family + extended_family
            } else {
                family
            },
            model: if matches!(family, 6 | 15) {
                extended_model << 4 | model
            } else {
                model
            },
            stepping: version & 15,
            name: from_cpuinfo("model name").unwrap_or_default(),
        }
    }

    /// Elsewhere than on x86 what the system says: implementer, part, variant and revision.
    #[cfg(not(target_arch = "x86_64"))]
    pub fn this() -> Self {
        let number = |field| {
            let text = from_cpuinfo(field).unwrap_or_default();
            let digits = text.trim_start_matches("0x");
            u32::from_str_radix(digits, 16).unwrap_or_default()
        };
        let implementer = from_cpuinfo("CPU implementer").unwrap_or_default();
        Self {
            vendor: format!("{} {implementer}", std::env::consts::ARCH),
            family: number("CPU part"),
            model: number("CPU variant"),
            stepping: number("CPU revision"),
            name: from_cpuinfo("model name").unwrap_or_default(),
        }
    }

    /// Vendor, family and model, as a section and a file are called.
    pub fn kind(&self) -> String {
        format!("{} family {} model {}", self.vendor, self.family, self.model)
    }

    /// The kind, and before it what it is known as.
    pub fn title(&self) -> String {
        let known_as = self.core().map_or_else(String::new, |core| format!("{core}: "));
        format!("{known_as}{}", self.kind())
    }

    /// What AMD's family number and model are known as.
    pub fn core(&self) -> Option<&'static str> {
        match (self.vendor.as_str(), self.family, self.model) {
            ("AuthenticAMD", 25, 0x00..=0x0F | 0x20..=0x5F) => Some("Zen 3"),
            ("AuthenticAMD", 25, 0x10..=0x1F | 0x60..=0xAF) => Some("Zen 4"),
            ("AuthenticAMD", 26, _) => Some("Zen 5"),
            _ => None,
        }
    }
}

impl fmt::Display for Processor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} stepping {}", self.kind(), self.stepping)?;
        for also in [self.name.as_str(), self.core().unwrap_or_default()] {
            if !also.is_empty() {
                write!(f, ", {also}")?;
            }
        }
        Ok(())
    }
}

fn from_cpuinfo(field: &str) -> Option<String> {
    let text = fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = text.lines().find(|line| line.starts_with(field))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

/// Runnable tasks in the last minute, of all processes.
pub fn load() -> String {
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    load.split(' ').next().unwrap_or("unknown").to_owned()
}
