using Nvmepf.Hal.DesignWare;

namespace Nvmepf.Hal.Rk3588;

/// <summary>
/// Memory changes hands only under a controller that is quiet: before the first byte is taken, because a firmware that died may have left the
/// eDMA and the host's way into it running, and before it is given back. Not here: setting the controller up.
/// </summary>
internal static class EarlierFirmware
{
    private const long ResetWaitNanoseconds = 200_000_000;
    private const long ResetPauseNanoseconds = 100_000;

    /// <summary>Stops what it left, if the controller can be reached and is an endpoint; else there is nothing to stop.</summary>
    /// <exception cref="PlatformException">The eDMA does not stop: whatever is put into its memory, it may overwrite.</exception>
    internal static void Silence(RegisterBlocks blocks, Rk3588Options options)
    {
        bool isKnown = blocks.Cru != 0 && blocks.Pmu != 0;
        bool isReachable = isKnown ? ColdStart.IsControllerReachable(blocks) : options.BringUp == BringUpMode.TakeOver;
        if (!isReachable || new ApbClient(blocks.Apb).GeneralControl.Read().DeviceType != ControllerMode.Endpoint)
        {
            return;
        }

        new InboundWindow(blocks).Refuse();
        Edma edma = new(blocks.Dbi + Edma.OffsetInDbi);
        Stop(edma.Read, options.Clock, "read");
        Stop(edma.Write, options.Clock, "write");
    }

    private static void Stop(EdmaSide side, IBoardClock clock, string name)
    {
        side.EngineEnable.Write(new EdmaEngineEnable { Enable = false });
        Deadline deadline = new(clock, ResetWaitNanoseconds);
        while (side.EngineEnable.Read().Enable)
        {
            if (!deadline.Pause(ResetPauseNanoseconds))
            {
                throw new PlatformException(
                    $"rk3588: the eDMA's {name} direction, left running by an earlier firmware, does not end its soft reset within "
                    + $"{ResetWaitNanoseconds / 1_000_000} ms; it may still use that firmware's memory: reset the board");
            }
        }
    }
}
