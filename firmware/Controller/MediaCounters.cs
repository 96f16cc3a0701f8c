using System.Runtime.CompilerServices;

namespace Nvmepf.Firmware.Controller;

/// <summary>
/// What one command engine counts for the SMART / Health Information log (NVMe Base 2.1 section 5.1.12.1.3). Plain fields: the engine's
/// thread is the only writer. <see cref="SmartCounters"/> adds the engines of a controller up; whoever reads on another thread may miss
/// what the last turn added.
/// </summary>
public sealed class MediaCounters
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

    /// <summary>Counts a command that ended.</summary>
    /// <param name="isWrite">Whether the host wrote; a Compare reads.</param>
    /// <param name="movedBytes">The bytes that were read or written: 0 where the command failed.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Count(bool isWrite, ulong movedBytes)
    {
        if (isWrite)
        {
            HostWriteCommands++;
            BytesWritten += movedBytes;
        }
        else
        {
            HostReadCommands++;
            BytesRead += movedBytes;
        }
    }
}
