using System.Text.RegularExpressions;

namespace Nvmepf.Arm64Check;

/// <summary>Something that the check found: which rule, in which function, what.</summary>
public sealed record Finding(string Rule, string Function, string Text)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Rule}: {Function}: {Text}";
}

/// <summary>A place where the search for allocations ends, and why that is right. One that is never come to is a finding.</summary>
/// <param name="Functions">Functions that are not entered.</param>
/// <param name="Reason">Why an allocation behind them is none of the main loop's.</param>
public sealed record Boundary(Regex Functions, string Reason);

/// <summary>Where a call through a pointer or a method table may go. One that resolves no call is a finding.</summary>
/// <param name="Callers">Functions with such calls.</param>
/// <param name="TakenIn">Functions whose code takes the addresses of the targets; null for virtual calls.</param>
/// <param name="Types">Types whose method tables hold the targets; null for pointers.</param>
/// <param name="Reason">What calls what.</param>
public sealed record IndirectCalls(Regex Callers, Regex? TakenIn, Regex? Types, string Reason);

/// <summary>Where a barrier stands.</summary>
public enum BarrierPlace
{
    /// <summary>Before the last store to a register or window.</summary>
    BeforeLastStore,

    /// <summary>After the first load of a register or of host-written memory.</summary>
    AfterFirstLoad,

    /// <summary>Anywhere: after a cache loop, or between two calls.</summary>
    Present,
}

/// <summary>A barrier that a function must have.</summary>
/// <param name="Functions">Functions, each of which needs it; at least one must exist.</param>
/// <param name="Routine">Names of <c>Arm64Routine</c> that will do.</param>
/// <param name="Place">Where it stands.</param>
/// <param name="Reason">What goes wrong without.</param>
public sealed record BarrierRule(Regex Functions, string[] Routine, BarrierPlace Place, string Reason);

/// <summary>An access to device memory that is right although it looks wrong. One that excuses nothing is a finding.</summary>
/// <param name="Functions">The functions.</param>
/// <param name="Reason">Why the memory is none of a device's.</param>
public sealed record AccessException(Regex Functions, string Reason);

/// <summary>What an object is judged by.</summary>
public sealed class Rules
{
    /// <summary>
    /// True where the framework is the target's own. Against another machine's, checks for that machine's instructions become endless loops.
    /// </summary>
    public bool IsOwnFramework { get; init; } = true;

    /// <summary>Where the main loop begins.</summary>
    public required string[] Roots { get; init; }

    /// <summary>Functions that the search must come to, so that a cut graph is noticed.</summary>
    public required Regex[] MustReach { get; init; }

    /// <summary>Functions that allocate, take locks or begin an exception.</summary>
    public required Regex Forbidden { get; init; }

    /// <summary>Where the search ends.</summary>
    public required Boundary[] Boundaries { get; init; }

    /// <summary>Where indirect calls go.</summary>
    public required IndirectCalls[] IndirectCalls { get; init; }

    /// <summary>Functions whose register accesses are judged, apart from those that contain ordered accesses.</summary>
    public required Regex DeviceFunctions { get; init; }

    /// <summary>Exceptions from the rules of register accesses.</summary>
    public required AccessException[] AccessExceptions { get; init; }

    /// <summary>Barriers.</summary>
    public required BarrierRule[] Barriers { get; init; }
}
