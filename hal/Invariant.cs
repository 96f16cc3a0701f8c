using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Nvmepf.Hal;

/// <summary>
/// Assertions of our own invariants. They stay on in release: a device that has lost track of itself must stop before it writes to
/// a host's memory. Never used on a value that came from the host or from a file.
/// </summary>
public static class Invariant
{
    /// <summary>
    /// The compile-time switch <c>Nvmepf.ThrowingInvariants</c>: on in the tests' process, so that a simulation can say which seed it was.
    /// </summary>
    [FeatureSwitchDefinition("Nvmepf.ThrowingInvariants")]
    private static bool Throws { get; } = AppContext.TryGetSwitch("Nvmepf.ThrowingInvariants", out bool isOn) && isOn;

    /// <summary>Ends the process with <paramref name="text"/> when <paramref name="holds"/> is false.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Check([DoesNotReturnIf(false)] bool holds, string text)
    {
        if (!holds)
        {
            Fail(text);
        }
    }

    [DoesNotReturn]
    [StackTraceHidden]
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Fail(string text)
    {
        if (Throws)
        {
            throw new InvalidOperationException("broken invariant: " + text);
        }

        Environment.FailFast("nvmepf: broken invariant: " + text);
    }
}
