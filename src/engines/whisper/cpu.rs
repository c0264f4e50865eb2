//! Whether this processor runs the ggml that was built into this binary.

use crate::domain::fault::Fault;

/// Kinora's version, and what this build of it asks of a processor.
pub const BUILD: &str = match LEVEL {
    Level::Avx2 => concat!(
        env!("CARGO_PKG_VERSION"),
        "\nbuild x86_64-avx2: needs a processor with AVX2, FMA, F16C and BMI2"
    ),
    Level::Sse42 => concat!(
        env!("CARGO_PKG_VERSION"),
        "\nbuild x86_64-baseline: runs on every processor with SSE4.2"
    ),
    Level::Any => {
        concat!(env!("CARGO_PKG_VERSION"), "\nbuild: runs on every processor of its kind")
    }
};

const LEVEL: Level = level();

/// What ggml was built for. The same variables go to its build, so both always agree.
#[derive(Clone, Copy)]
enum Level {
    /// Processors since Intel's Haswell (2013) and AMD's Zen.
    Avx2,
    /// Without AVX2 and its companions: small Celeron, Pentium and Atom ones too.
    Sse42,
    /// What every processor of its kind can.
    Any,
}

const fn level() -> Level {
    if cfg!(not(target_arch = "x86_64")) || is_off(option_env!("GGML_SSE42")) {
        Level::Any
    } else if is_off(option_env!("GGML_AVX2")) {
        Level::Sse42
    } else {
        Level::Avx2
    }
}

/// True where a switch of ggml's build is off.
const fn is_off(switch: Option<&str>) -> bool {
    match switch {
        Some(word) => matches!(word.as_bytes(), b"OFF"),
        None => false,
    }
}

/// Asks the processor before the first call of ggml, which would end the process on an instruction it does not know.
///
/// # Errors
/// An operator fault that names what the processor lacks and the build to use.
pub fn cpu_supported() -> Result<(), Fault> {
    let lacking = lacking_features();
    if lacking.is_empty() {
        return Ok(());
    }
    let remedy = match LEVEL {
        Level::Avx2 => {
            "use the download whose name ends in x86_64-baseline, or build Kinora on this machine with \
             packaging/try.sh, which sees the processor and makes the build that suits it"
        }
        Level::Sse42 | Level::Any => {
            "build Kinora on this machine with packaging/try.sh, which sees the processor and makes the build that \
             suits it"
        }
    };
    let what =
        format!("this processor lacks {}, which this build of Kinora needs", lacking.join(", "));
    Err(Fault::operator(what, remedy))
}

#[cfg(target_arch = "x86_64")]
fn lacking_features() -> Vec<&'static str> {
    let needed: &[(&str, bool)] = match LEVEL {
        Level::Avx2 => &[
            ("AVX2", is_x86_feature_detected!("avx2")),
            ("FMA", is_x86_feature_detected!("fma")),
            ("F16C", is_x86_feature_detected!("f16c")),
            ("BMI2", is_x86_feature_detected!("bmi2")),
        ],
        Level::Sse42 => &[("SSE4.2", is_x86_feature_detected!("sse4.2"))],
        Level::Any => &[],
    };
    needed.iter().filter(|(_, has)| !has).map(|(name, _)| *name).collect()
}

#[cfg(not(target_arch = "x86_64"))]
fn lacking_features() -> Vec<&'static str> {
    Vec::new()
}
