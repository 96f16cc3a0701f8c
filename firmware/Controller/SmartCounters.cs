using Nvmepf.Hal;

namespace Nvmepf.Firmware.Controller;

/// <summary>
/// What the SMART / Health Information log counts (NVMe Base 2.1 section 5.1.12.1.3). Plain fields: the reactor is the only writer.
/// The counters live as long as the process; they are not kept over its end, so a power cycle of this device starts them anew.
/// </summary>
public sealed class SmartCounters
{
    private readonly long _startNanoseconds;

    /// <summary>Creates the counters; power-on time counts from here on the platform's clock.</summary>
    public SmartCounters(IPlatform platform)
    {
        _startNanoseconds = platform.NowNanoseconds;
        Health = new HealthMonitor();
        PowerCycles = 1;
    }

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

    /// <summary>Power cycles: the process start is one.</summary>
    public ulong PowerCycles;

    /// <summary>Ends without a shutdown notification.</summary>
    public ulong UnsafeShutdowns;

    /// <summary>Time in which commands were under way, waiting event requests apart, in nanoseconds.</summary>
    public ulong BusyNanoseconds;

    /// <summary>Temperature and critical warnings.</summary>
    public HealthMonitor Health { get; }

    /// <summary>Time since the process started, in nanoseconds.</summary>
    public ulong UptimeNanoseconds(long nowNanoseconds) => (ulong)Math.Max(0, nowNanoseconds - _startNanoseconds);
}
