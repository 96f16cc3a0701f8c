using Nvmepf.Spec;

namespace Nvmepf.Firmware.Controller;

/// <content>What happens when a host that asked to be watched falls silent (NVMe Base 2.1 section 3.9.3).</content>
public sealed partial class NvmeController
{
    /// <summary>
    /// Commands fetched since the process started, waiting ones included. What other reactors count is a moment old, which may lengthen an
    /// interval and never shortens one.
    /// </summary>
    public ulong CommandsFetched
    {
        get
        {
            ulong sum = 0;
            foreach (QueueShare share in Shares)
            {
                sum += share.Engine.CompletedCount + (ulong)share.Engine.InFlight;
            }

            return sum;
        }
    }

    /// <summary>
    /// Looks at the Keep Alive Timer. At its expiry, notes the error once and turns the timer off; what follows (fatal status) is the
    /// caller's.
    /// </summary>
    /// <returns>True at the expiry.</returns>
    public bool CheckKeepAlive(long nowNanoseconds)
    {
        KeepAliveTimer timer = Features.KeepAlive;
        if (!timer.HasExpired(nowNanoseconds, CommandsFetched))
        {
            return false;
        }

        Log.WriteLimited("Keep alive timer of {0} ms expired", timer.TimeoutMilliseconds);
        Errors.RecordControllerError(StatusCode.KeepAliveTimerExpired);
        timer.Stop();
        return true;
    }
}
