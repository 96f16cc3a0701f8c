namespace Nvmepf.Firmware.Diagnostics;

/// <summary>What a reactor counts. Plain fields: the reactor is the only writer, readers may see a value that is a turn old.</summary>
public sealed class ReactorStatistics
{
    /// <summary>Turns of the loop.</summary>
    public ulong Turns;

    /// <summary>Turns that fetched a command or handled an event.</summary>
    public ulong ProductiveTurns;

    /// <summary>Sum of the squares of commands per productive turn: with the sum, the variance of the batch size.</summary>
    public ulong CommandsFetchedSquared;

    /// <summary>Times that the loop went to sleep.</summary>
    public ulong Sleeps;
}
