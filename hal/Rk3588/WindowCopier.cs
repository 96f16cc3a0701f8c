using Nvmepf.Hal.DesignWare;

namespace Nvmepf.Hal.Rk3588;

/// <summary>Moves a request's bytes by the CPU through the window for copies, a bounded number at a time.</summary>
/// <remarks>
/// A load that the host refuses comes back as all ones, like data may be. The Status register tells: Received Master Abort (unsupported request)
/// and Received Target Abort. Nobody but the host clears them otherwise, so what they say is believed only after they were cleared and the load
/// done again. A load that times out leaves no bit there and is taken for data. One that the link did not carry is known: the link stays down
/// until the firmware has seen the loss (bus mastering that is off for a moment only is not noticed).
/// </remarks>
internal sealed unsafe class WindowCopier(OutboundWindows windows, RegisterBlocks blocks)
{
    private const nuint WideMask = sizeof(ulong) - 1;

    private readonly Dbi _dbi = new(blocks.Dbi);

    /// <summary>Bytes copied by CPU so far.</summary>
    internal ulong Bytes { get; private set; }

    /// <summary>
    /// Copies on where the request stands.
    /// </summary>
    /// <param name="direction">Which way.</param>
    /// <param name="request">The request; its place moves on.</param>
    /// <param name="budgetBytes">How many bytes at most; less what was copied.</param>
    /// <returns>False where the window could not be pointed there, or the link or bus mastering was lost under a read, or the host refused one.</returns>
    internal bool TryCopy(DmaDirection direction, ref HostDmaRequest request, ref ulong budgetBytes)
    {
        while (budgetBytes != 0 && !request.IsAssigned)
        {
            ulong untilPageEnd = 4096 - (request.HostAddress & 4095);
            ulong length = Math.Min(Math.Min(request.LeftInSegment, budgetBytes), untilPageEnd);
            nint window = windows.Map(OutboundWindows.CopyRegion, request.HostAddress, (uint)length);
            if (window == 0)
            {
                return false;
            }

            if (direction == DmaDirection.DeviceToHost)
            {
                Mmio.WindowCopy.ToDevice((byte*)window, request.Local, (nuint)length);
                windows.NoteStore(OutboundWindows.CopyRegion, window);
            }
            else if (!TryRead(request.Local, (byte*)window, (nuint)length))
            {
                return false;
            }

            request.Advance(length);
            budgetBytes -= length;
            Bytes += length;
        }

        if (request.IsAssigned && direction == DmaDirection.DeviceToHost)
        {
            // What follows a completion may go another way (eDMA, a message): the data has to be there before.
            windows.Flush(OutboundWindows.CopyRegion);
        }

        return direction == DmaDirection.DeviceToHost || windows.AreReadsCarried;
    }

    private bool TryRead(byte* local, byte* window, nuint lengthBytes)
    {
        Mmio.WindowCopy.FromDevice(local, window, lengthBytes);
        if (!HasOnes(local, window, lengthBytes) || !TakeRefusal())
        {
            return true;
        }

        // The bits may have been of another time.
        Mmio.WindowCopy.FromDevice(local, window, lengthBytes);
        return !HasOnes(local, window, lengthBytes) || !TakeRefusal();
    }

    /// <summary>Whether a load of the copy may have given all ones; loads are as wide as the window's alignment allows.</summary>
    private static bool HasOnes(byte* local, byte* window, nuint lengthBytes)
    {
        nuint i = 0;
        for (; i < lengthBytes && ((nuint)(window + i) & WideMask) != 0; i++)
        {
            if (local[i] == byte.MaxValue)
            {
                return true;
            }
        }

        for (; lengthBytes - i >= sizeof(ulong); i += sizeof(ulong))
        {
            if (*(ulong*)(local + i) == ulong.MaxValue)
            {
                return true;
            }
        }

        for (; i < lengthBytes; i++)
        {
            if (local[i] == byte.MaxValue)
            {
                return true;
            }
        }

        return false;
    }

    private bool TakeRefusal()
    {
        // The loads of the window before the load of the status.
        Mmio.Barrier.Full();
        CommandStatus status = _dbi.CommandStatus.Read();
        if (!status.ReceivedMasterAbort && !status.ReceivedTargetAbort)
        {
            return false;
        }

        _dbi.CommandStatus.ClearStatus(default(CommandStatus) with { ReceivedMasterAbort = true, ReceivedTargetAbort = true });
        _ = _dbi.CommandStatus.Read();
        Mmio.Barrier.Full();
        return true;
    }
}

/// <summary>
/// Host memory without DMA: the CPU copies through an outbound window. Correct and slow; for boards whose eDMA cannot be used.
/// </summary>
public sealed unsafe class WindowCopyEngine : IHostDma
{
    private const ulong BytesPerPoll = 8 << 10;

    private readonly HostDmaRequests _reads = new();
    private readonly HostDmaRequests _writes = new();
    private readonly WindowCopier _copier;
    private bool _isUp;

    /// <summary>Creates it without a link.</summary>
    public WindowCopyEngine(OutboundWindows windows, RegisterBlocks blocks) => _copier = new WindowCopier(windows, blocks);

    /// <inheritdoc/>
    public int InFlight => _reads.Untaken + _writes.Untaken;

    /// <summary>Bytes copied so far.</summary>
    public ulong Bytes => _copier.Bytes;

    /// <inheritdoc/>
    public bool TrySubmit(DmaDirection direction, HostSegment* segments, int segmentCount, ulong tag)
    {
        HostDmaRequests requests = direction == DmaDirection.HostToDevice ? _reads : _writes;
        int index = requests.TryAdd(segments, segmentCount, tag);
        if (index >= 0 && !_isUp)
        {
            requests.Finish(index, DmaStatus.LinkLost);
        }

        return index >= 0;
    }

    /// <inheritdoc/>
    public void Cancel()
    {
        // Between two copies nothing is under way.
        _reads.FinishAll();
        _writes.FinishAll();
    }

    /// <inheritdoc/>
    public int Poll(DmaCompletion* completions, int capacity)
    {
        Copy(DmaDirection.HostToDevice, _reads);
        Copy(DmaDirection.DeviceToHost, _writes);
        int count = _reads.Take(completions, capacity);
        return count + _writes.Take(completions + count, capacity - count);
    }

    /// <summary>The link is up and the windows are programmed.</summary>
    public void LinkUp() => _isUp = true;

    /// <summary>The link is gone: everything ends as lost.</summary>
    public void LinkDown()
    {
        _isUp = false;
        _reads.FinishAll();
        _writes.FinishAll();
    }

    private void Copy(DmaDirection direction, HostDmaRequests requests)
    {
        ulong budget = BytesPerPoll;
        while (_isUp && budget != 0 && requests.TryGetUnassigned(out int index))
        {
            ref HostDmaRequest request = ref requests.At(index);
            if (!_copier.TryCopy(direction, ref request, ref budget))
            {
                requests.Finish(index, DmaStatus.HostError);
            }
            else if (request.IsAssigned)
            {
                requests.Finish(index, DmaStatus.Success);
            }
        }
    }
}
