using Nvmepf.Hal;
using Nvmepf.Hal.Mmio;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Controller;

/// <summary>
/// The registers of BAR 0 (NVMe over PCIe 1.1 section 3.1, NVMe Base 2.1 section 3.1.4): what a write does to each. The BAR's memory always
/// holds what a host may read; this class is its only writer below the doorbells.
/// </summary>
/// <remarks>
/// Not here: what enabling, resetting and shutting down mean (NvmeController.Lifecycle.cs), CMB, PMR, boot partitions, NSSR (all
/// reported as not supported), and repair of read-only registers on platforms that cannot see single writes.
/// </remarks>
public sealed unsafe class RegisterFile
{
    private const uint AdminQueueAttributesMask = 0x0FFF_0FFF;
    private const uint ConfigurationMask = 0x00FF_FFF1;
    private const byte ReadyTimeoutIn500Milliseconds = 15;
    private readonly Bar0Memory _bar;
    private uint _interruptMask;

    /// <summary>Creates the registers over the BAR's memory, at their reset values.</summary>
    public RegisterFile(Bar0Memory bar, ControllerSettings settings)
    {
        _bar = bar;
        Capabilities = new ControllerCapabilities
        {
            MaximumQueueEntriesSupportedZeroBased = (ushort)(settings.QueueEntriesMax - 1),
            ContiguousQueuesRequired = true,
            TimeoutIn500Milliseconds = ReadyTimeoutIn500Milliseconds,
            CommandSetsSupported = CommandSetsSupported.NvmCommandSet | CommandSetsSupported.IoCommandSets,
            MemoryPageSizeMinimum = 0,
            MemoryPageSizeMaximum = MemoryPageSizeMaximum,
            ControllerReadyModesSupported = ControllerReadyModesSupported.WithMedia,
        };
        Write64(RegisterOffset.ControllerCapabilities, Capabilities.Raw);
        Write32(RegisterOffset.Version, settings.Version);
        Write32(RegisterOffset.ControllerReadyTimeouts, new ControllerReadyTimeouts { ReadyWithMediaTimeoutIn500Milliseconds = ReadyTimeoutIn500Milliseconds }.Raw);
        ResetAll();
    }

    /// <summary>CAP.MPSMAX: 2^(12 + 4) = 64 KiB, the largest page of the hosts that exist.</summary>
    public const int MemoryPageSizeMaximum = 4;

    /// <summary>CAP.</summary>
    public ControllerCapabilities Capabilities { get; }

    /// <summary>CC as the host wrote it last.</summary>
    public ControllerConfiguration Configuration => new(Read32(RegisterOffset.ControllerConfiguration));

    /// <summary>AQA.</summary>
    public AdminQueueAttributes AdminQueueAttributes => new(Read32(RegisterOffset.AdminQueueAttributes));

    /// <summary>ASQ: address of the admin submission queue.</summary>
    public ulong AdminSubmissionQueueBase => Mmio.Read64(_bar.Word64(RegisterOffset.AdminSubmissionQueueBase));

    /// <summary>ACQ: address of the admin completion queue.</summary>
    public ulong AdminCompletionQueueBase => Mmio.Read64(_bar.Word64(RegisterOffset.AdminCompletionQueueBase));

    /// <summary>CSTS.</summary>
    public ControllerStatus Status
    {
        get => new(Read32(RegisterOffset.ControllerStatus));
        set => Write32(RegisterOffset.ControllerStatus, value.Raw);
    }

    /// <summary>Values after a conventional or function level reset: CC, CSTS, the admin queue registers and the masks.</summary>
    public void ResetAll()
    {
        ResetByDisable();
        Write32(RegisterOffset.ControllerConfiguration, 0);
        Write32(RegisterOffset.AdminQueueAttributes, 0);
        Write64(RegisterOffset.AdminSubmissionQueueBase, 0);
        Write64(RegisterOffset.AdminCompletionQueueBase, 0);
    }

    /// <summary>Values after CC.EN went to 0: the admin queue registers and CC stay (NVMe Base 2.1 section 3.7.2).</summary>
    public void ResetByDisable()
    {
        Write32(RegisterOffset.ControllerStatus, 0);
        _interruptMask = 0;
        WriteInterruptMask();
    }

    /// <summary>
    /// Applies a host write, whatever its width and alignment, one dword after the other.
    /// </summary>
    /// <returns>True where CC changed, which the caller then acts on.</returns>
    public bool HostWrite(uint offsetBytes, ulong value, int widthBytes)
    {
        bool configurationChanged = false;
        int done = 0;
        while (done < widthBytes)
        {
            uint at = offsetBytes + (uint)done;
            int shift = (int)(at & 3) * 8;
            int count = Math.Min(widthBytes - done, 4 - (int)(at & 3));
            uint mask = (uint)(((1ul << (count * 8)) - 1) << shift);
            uint bits = (uint)(value >> (done * 8)) << shift;
            configurationChanged |= WriteDword(at & ~3u, bits & mask, mask);
            done += count;
        }

        return configurationChanged;
    }

    /// <summary>Writes the bits under <paramref name="mask"/> of one dword.</summary>
    private bool WriteDword(uint offset, uint bits, uint mask)
    {
        switch (offset)
        {
            case RegisterOffset.InterruptMaskSet: // write 1 to set
                _interruptMask |= bits;
                WriteInterruptMask();
                return false;
            case RegisterOffset.InterruptMaskClear: // write 1 to clear
                _interruptMask &= ~bits;
                WriteInterruptMask();
                return false;
            case RegisterOffset.ControllerConfiguration:
                uint before = Read32((int)offset);
                uint after = Merge(before, bits, mask) & ConfigurationMask;
                Write32((int)offset, after);
                return after != before;
            case RegisterOffset.AdminQueueAttributes:
                Write32((int)offset, Merge(Read32((int)offset), bits, mask) & AdminQueueAttributesMask);
                return false;
            case RegisterOffset.AdminSubmissionQueueBase:
            case RegisterOffset.AdminCompletionQueueBase:
                Write32((int)offset, Merge(Read32((int)offset), bits, mask) & ~0xFFFu);
                return false;
            case RegisterOffset.AdminSubmissionQueueBase + 4:
            case RegisterOffset.AdminCompletionQueueBase + 4:
                Write32((int)offset, Merge(Read32((int)offset), bits, mask));
                return false;
            default: // read-only, reserved, or a feature that CAP says is not there: the write has no effect
                return false;
        }
    }

    private static uint Merge(uint before, uint bits, uint mask) => (before & ~mask) | bits;

    private void WriteInterruptMask()
    {
        // Both registers read as the mask.
        Write32(RegisterOffset.InterruptMaskSet, _interruptMask);
        Write32(RegisterOffset.InterruptMaskClear, _interruptMask);
    }

    private uint Read32(int offset) => Mmio.Read32(_bar.Word32((uint)offset));

    private void Write32(int offset, uint value) => Mmio.Write32(_bar.Word32((uint)offset), value);

    private void Write64(int offset, ulong value) => Mmio.Write64(_bar.Word64((uint)offset), value);
}
