namespace Nvmepf.Firmware.Controller;

/// <summary>What the SMART / health log counts. PLACEHOLDER, being written. Plain fields: the reactor is the only writer.</summary>
public sealed class SmartCounters
{
    /// <summary>Bytes that hosts read.</summary>
    public ulong BytesRead;

    /// <summary>Bytes that hosts wrote.</summary>
    public ulong BytesWritten;

    /// <summary>Completed read commands.</summary>
    public ulong HostReadCommands;

    /// <summary>Completed write commands.</summary>
    public ulong HostWriteCommands;

    /// <summary>Unrecovered media errors.</summary>
    public ulong MediaErrors;

    /// <summary>Enable cycles seen as power cycles (one a process start).</summary>
    public ulong PowerCycles;

    /// <summary>Ends without a shutdown notification.</summary>
    public ulong UnsafeShutdowns;
}
