//! Which processor it is.

use std::fs;

/// Vendor, family, model and stepping; elsewhere than on x86 whatever the system says.
pub fn describe() -> String {
    let name = from_cpuinfo("model name").unwrap_or_default();
    format!("{}{}{name}", identity(), if name.is_empty() { "" } else { ", " })
}

#[cfg(target_arch = "x86_64")]
fn identity() -> String {
    use std::arch::x86_64::__cpuid;

    let vendor = __cpuid(0);
    let vendor: Vec<u8> = [vendor.ebx, vendor.edx, vendor.ecx]
        .into_iter()
        .flat_map(u32::to_le_bytes)
        .collect();
    let version = __cpuid(1).eax;
    let (family, model) = (version >> 8 & 15, version >> 4 & 15);
    let (extended_family, extended_model) = (version >> 20 & 255, version >> 16 & 15);
    format!(
        "{} family {} model {} stepping {}",
        String::from_utf8_lossy(&vendor),
        if family == 15 {
            family + extended_family
        } else {
            family
        },
        if matches!(family, 6 | 15) {
            extended_model << 4 | model
        } else {
            model
        },
        version & 15
    )
}

#[cfg(not(target_arch = "x86_64"))]
fn identity() -> String {
    let fields = ["CPU implementer", "CPU part", "CPU variant", "CPU revision"];
    let fields: Vec<String> = fields
        .iter()
        .filter_map(|name| Some(format!("{name} {}", from_cpuinfo(name)?)))
        .collect();
    format!("{} {}", std::env::consts::ARCH, fields.join(" "))
}

fn from_cpuinfo(field: &str) -> Option<String> {
    let text = fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = text.lines().find(|line| line.starts_with(field))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

/// Runnable tasks in the last minute, of all processes.
pub fn load() -> String {
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    load.split(' ').next().unwrap_or_default().to_owned()
}
