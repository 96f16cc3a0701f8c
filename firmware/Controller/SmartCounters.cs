using Nvmepf.Hal;

namespace Nvmepf.Firmware.Controller;

/// <summary>
/// What the SMART / Health Information log counts (NVMe Base 2.1 section 5.1.12.1.3): the sum of what the engines count
/// (<see cref="MediaCounters"/>), and what the controller itself counts, in plain fields that its own reactor alone writes.
/// The counters live as long as the process; they are not kept over its end, so a power cycle of this device starts them anew.
/// </summary>
public sealed class SmartCounters
{
    private readonly long _startNanoseconds;
    private readonly List<MediaCounters> _engines = [];

    /// <summary>Creates the counters; power-on time counts from here on the platform's clock.</summary>
    public SmartCounters(IPlatform platform)
    {
        _startNanoseconds = platform.NowNanoseconds;
        Health = new HealthMonitor(this);
        PowerCycles = 1;
    }

    /// <summary>Bytes that hosts read.</summary>
    public ulong BytesRead
    {
        get
        {
            ulong sum = 0;
            for (int i = 0; i < _engines.Count; i++)
            {
                sum += _engines[i].BytesRead;
            }

            return sum;
        }
    }

    /// <summary>Bytes that hosts wrote.</summary>
    public ulong BytesWritten
    {
        get
        {
            ulong sum = 0;
            for (int i = 0; i < _engines.Count; i++)
            {
                sum += _engines[i].BytesWritten;
            }

            return sum;
        }
    }

    /// <summary>Completed read commands.</summary>
    public ulong HostReadCommands
    {
        get
        {
            ulong sum = 0;
            for (int i = 0; i < _engines.Count; i++)
            {
                sum += _engines[i].HostReadCommands;
            }

            return sum;
        }
    }

    /// <summary>Completed write commands.</summary>
    public ulong HostWriteCommands
    {
        get
        {
            ulong sum = 0;
            for (int i = 0; i < _engines.Count; i++)
            {
                sum += _engines[i].HostWriteCommands;
            }

            return sum;
        }
    }

    /// <summary>Unrecovered media errors.</summary>
    public ulong MediaErrors
    {
        get
        {
            ulong sum = 0;
            for (int i = 0; i < _engines.Count; i++)
            {
                sum += _engines[i].MediaErrors;
            }

            return sum;
        }
    }

    /// <summary>Power cycles: the process start is one.</summary>
    public ulong PowerCycles;

    /// <summary>Ends without a shutdown notification.</summary>
    public ulong UnsafeShutdowns;

    /// <summary>Time in which commands were under way, waiting event requests apart, in nanoseconds.</summary>
    public ulong BusyNanoseconds;

    /// <summary>Temperature and critical warnings.</summary>
    public HealthMonitor Health { get; }

    /// <summary>Makes the counters of one more engine; before start.</summary>
    public MediaCounters AddEngine()
    {
        MediaCounters counters = new();
        _engines.Add(counters);
        return counters;
    }

    /// <summary>Time since the process started, in nanoseconds.</summary>
    public ulong UptimeNanoseconds(long nowNanoseconds) => (ulong)Math.Max(0, nowNanoseconds - _startNanoseconds);
}
