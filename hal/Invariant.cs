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
    private static void Fail(string text) => Environment.FailFast("nvmepf: broken invariant: " + text);
}
