//! Whether this processor runs the ggml that was built into this binary.

use crate::domain::fault::Fault;

/// True where ggml was built without AVX2 and its companions, for processors of any age. The same variable goes to
/// ggml's build, so both always agree.
fn built_for_any_cpu() -> bool {
    option_env!("GGML_AVX2") == Some("OFF")
}

/// Asks the processor before the first call of ggml, which would end the process on an instruction it does not know.
///
/// # Errors
/// An operator fault that names what the processor lacks and the build to use.
pub fn cpu_supported() -> Result<(), Fault> {
    if built_for_any_cpu() {
        return Ok(());
    }
    let lacking = lacking_features();
    if lacking.is_empty() {
        return Ok(());
    }
    Err(Fault::operator(
        format!("this processor lacks {}, which this build of Kinora needs", lacking.join(", ")),
        "build Kinora on this machine with packaging/try.sh: it sees the processor and makes the build that suits it",
    ))
}

#[cfg(target_arch = "x86_64")]
fn lacking_features() -> Vec<&'static str> {
    // What ggml is compiled with where neither GGML_NATIVE nor an older set is asked for.
    let needed = [
        ("AVX2", is_x86_feature_detected!("avx2")),
        ("FMA", is_x86_feature_detected!("fma")),
        ("F16C", is_x86_feature_detected!("f16c")),
        ("BMI2", is_x86_feature_detected!("bmi2")),
    ];
    needed.into_iter().filter(|(_, has)| !has).map(|(name, _)| name).collect()
}

#[cfg(not(target_arch = "x86_64"))]
fn lacking_features() -> Vec<&'static str> {
    Vec::new()
}
