using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace Nvmepf.Hal.Linux;

/// <summary>
/// Which machine the code was compiled for. The two that exist are x86-64 and arm64; both are little-endian and 64-bit.
/// </summary>
public static class Machine
{
    /// <summary>
    /// True on arm64, false on x86-64. The compiler knows the answer, as it is a constant of the framework, so that the other machine's branch
    /// is not in the binary. The switch is for who compiles against the framework of another machine, to read the result (arm64check).
    /// </summary>
    [FeatureSwitchDefinition("Nvmepf.IsArm64")]
    public static bool IsArm64 => RuntimeInformation.ProcessArchitecture == Architecture.Arm64;
}
