using Nvmepf.Hal;
using Nvmepf.Hal.Mmio;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Controller;

/// <summary>
/// The registers of BAR 0 (NVMe over PCIe 1.1 section 3.1, NVMe Base 2.1 section 3.1.4): what a write does to each. Keeps what a host may
/// read in an image of its own, and the BAR's memory equal to it.
/// </summary>
/// <remarks>
/// <para>
/// Where the platform sees single writes, <see cref="HostWrite"/> applies them. Where host writes just land in the memory,
/// <see cref="PollHost"/> (RegisterFile.Polling.cs) compares and repairs.
/// </para>
/// <para>
/// Not here: what enabling, resetting and shutting down mean (NvmeController.Lifecycle.cs), CMB, PMR, boot partitions, NSSR (all
/// reported as not supported).
/// </para>
/// </remarks>
public sealed unsafe partial class RegisterFile
{
    private const uint AdminQueueAttributesMask = 0x0FFF_0FFF;
    private const uint ConfigurationMask = 0x00FF_FFF1;
    private const uint AddressMask = ~0xFFFu; // ASQ and ACQ, low half
    private const byte ReadyTimeoutIn500Milliseconds = 15;
    private const int PageBytes = (int)Bar0Layout.DoorbellBase;
    private readonly IPlatform _platform;
    private readonly Bar0Memory _bar;
    private readonly uint[] _image = new uint[PageBytes / sizeof(uint)];

    /// <summary>Creates the registers over the BAR's memory, at their reset values.</summary>
    /// <param name="platform">Where BAR 0 is.</param>
    /// <param name="settings">What hosts are told.</param>
    /// <param name="heldSeconds">Longest time that another controller may hold a command, which a reset waits for; 0 where there is none.</param>
    public RegisterFile(IPlatform platform, ControllerSettings settings, uint heldSeconds = 0)
    {
        _platform = platform;
        _bar = platform.Bar0;

        // A host gives a controller up that is not ready after CAP.TO.
        ulong longest = ReadyTimeoutIn500Milliseconds + (heldSeconds * 2ul);
        byte readyTimeout = (byte)Math.Min(longest, byte.MaxValue);
        Capabilities = new ControllerCapabilities
        {
            MaximumQueueEntriesSupportedZeroBased = (ushort)(settings.QueueEntriesMax - 1),
            ContiguousQueuesRequired = true,
            ArbitrationMechanismsSupported = ArbitrationMechanismsSupported.WeightedRoundRobinWithUrgent,
            TimeoutIn500Milliseconds = readyTimeout,
            CommandSetsSupported = CommandSetsSupported.NvmCommandSet | CommandSetsSupported.IoCommandSets,
            MemoryPageSizeMinimum = 0,
            MemoryPageSizeMaximum = MemoryPageSizeMaximum,
            ControllerReadyModesSupported = ControllerReadyModesSupported.WithMedia,
        };
        Set64(RegisterOffset.ControllerCapabilities, Capabilities.Raw);
        Set32(RegisterOffset.Version, settings.Version);
        Set32(RegisterOffset.ControllerReadyTimeouts, new ControllerReadyTimeouts { ReadyWithMediaTimeoutIn500Milliseconds = readyTimeout }.Raw);
        ResetAll();
    }

    /// <summary>CAP.MPSMAX: 2^(12 + 4) = 64 KiB, the largest page of the hosts that exist.</summary>
    public const int MemoryPageSizeMaximum = 4;

    /// <summary>CAP.</summary>
    public ControllerCapabilities Capabilities { get; }

    /// <summary>CC as the host wrote it last.</summary>
    public ControllerConfiguration Configuration => new(Get32(RegisterOffset.ControllerConfiguration));

    /// <summary>AQA.</summary>
    public AdminQueueAttributes AdminQueueAttributes => new(Get32(RegisterOffset.AdminQueueAttributes));

    /// <summary>ASQ: address of the admin submission queue.</summary>
    public ulong AdminSubmissionQueueBase => Get64(RegisterOffset.AdminSubmissionQueueBase);

    /// <summary>ACQ: address of the admin completion queue.</summary>
    public ulong AdminCompletionQueueBase => Get64(RegisterOffset.AdminCompletionQueueBase);

    /// <summary>The interrupt mask that INTMS and INTMC made: bit n masks vector n.</summary>
    public uint InterruptMask { get; private set; }

    /// <summary>CSTS.</summary>
    public ControllerStatus Status
    {
        get => new(Get32(RegisterOffset.ControllerStatus));
        set => Write32(RegisterOffset.ControllerStatus, value.Raw);
    }

    /// <summary>
    /// Values after a conventional or function level reset: CC, CSTS, the admin queue registers and the masks. Writes all of the page, for
    /// memory may hold anything then.
    /// </summary>
    public void ResetAll()
    {
        ResetByDisable();
        Set32(RegisterOffset.ControllerConfiguration, 0);
        Set32(RegisterOffset.AdminQueueAttributes, 0);
        Set64(RegisterOffset.AdminSubmissionQueueBase, 0);
        Set64(RegisterOffset.AdminCompletionQueueBase, 0);
        for (int i = 0; i < _image.Length; i++)
        {
            Mmio.Write32(_bar.Word32((uint)i * sizeof(uint)), _image[i]);
        }

        _platform.PublishBar0(0, PageBytes);
    }

    /// <summary>Values after CC.EN went to 0: the admin queue registers and CC stay (NVMe Base 2.1 section 3.7.2).</summary>
    public void ResetByDisable()
    {
        Write32(RegisterOffset.ControllerStatus, 0);
        InterruptMask = 0;
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
                InterruptMask |= bits;
                WriteInterruptMask();
                return false;
            case RegisterOffset.InterruptMaskClear: // write 1 to clear
                InterruptMask &= ~bits;
                WriteInterruptMask();
                return false;
            case RegisterOffset.ControllerConfiguration:
                uint before = Get32((int)offset);
                uint after = Merge(before, bits, mask) & ConfigurationMask;
                Write32((int)offset, after);
                return after != before;
            case RegisterOffset.AdminQueueAttributes:
                Write32((int)offset, Merge(Get32((int)offset), bits, mask) & AdminQueueAttributesMask);
                return false;
            case RegisterOffset.AdminSubmissionQueueBase:
            case RegisterOffset.AdminCompletionQueueBase:
                Write32((int)offset, Merge(Get32((int)offset), bits, mask) & AddressMask);
                return false;
            case RegisterOffset.AdminSubmissionQueueBase + 4:
            case RegisterOffset.AdminCompletionQueueBase + 4:
                Write32((int)offset, Merge(Get32((int)offset), bits, mask));
                return false;
            default: // read-only, reserved, or a feature that CAP says is not there: the write has no effect
                return false;
        }
    }

    private static uint Merge(uint before, uint bits, uint mask) => (before & ~mask) | bits;

    private void WriteInterruptMask()
    {
        // Both registers read as the mask; where writes are found by comparing, see RegisterFile.Polling.cs.
        Write32(RegisterOffset.InterruptMaskSet, InterruptMask);
        Write32(RegisterOffset.InterruptMaskClear, _platform.TrapsRegisterWrites ? InterruptMask : 0);
    }

    private uint Get32(int offset) => _image[offset / sizeof(uint)];

    private ulong Get64(int offset) => Get32(offset) | ((ulong)Get32(offset + sizeof(uint)) << 32);

    private void Set32(int offset, uint value) => _image[offset / sizeof(uint)] = value;

    private void Set64(int offset, ulong value)
    {
        Set32(offset, (uint)value);
        Set32(offset + sizeof(uint), (uint)(value >> 32));
    }

    private void Write32(int offset, uint value)
    {
        Set32(offset, value);
        Mmio.Write32(_bar.Word32((uint)offset), value);
        _platform.PublishBar0((uint)offset, sizeof(uint));
    }
}
