using System.Runtime.Intrinsics.Arm;

namespace Nvmepf.Hal.Linux;

/// <summary>
/// Which machine the code was compiled for. The two that exist are x86-64 and arm64; both are little-endian and 64-bit.
/// </summary>
/// <remarks>
/// The compiler knows the answer, so that the other machine's branch is not in the binary. <c>RuntimeInformation.ProcessArchitecture</c>
/// would not do for that: it is a constant of the framework's own build.
/// </remarks>
public static class Machine
{
    /// <summary>True on arm64, false on x86-64.</summary>
    public static bool IsArm64 => ArmBase.Arm64.IsSupported;
}
