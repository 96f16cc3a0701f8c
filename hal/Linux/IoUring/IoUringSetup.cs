// Making a ring: which mode the kernel offers, the mappings, the probe, and, when there is no io_uring, the reason in words.
// Runs once, outside the reactors; it may allocate.

using System;

namespace Nvmepf.Hal.Linux;

/// <summary>How the kernel finishes operations, best first. A kernel that lacks a mode gets the next.</summary>
public enum IoUringMode
{
    /// <summary>SINGLE_ISSUER | DEFER_TASKRUN (Linux 6.1): completions are posted only inside calls of the owner, so that nothing
    /// interrupts it.</summary>
    DeferredTaskRun = 0,
    /// <summary>COOP_TASKRUN (Linux 5.19): completions are posted when the owner is in any system call.</summary>
    CooperativeTaskRun = 1,
    /// <summary>Neither (Linux 5.10): the kernel interrupts the owner to post completions.</summary>
    Plain = 2,
}

/// <summary>Sizes and mode of a new ring.</summary>
public readonly struct IoUringOptions
{
    /// <summary>Operations that can be prepared before a submit: 1 to 32768; the kernel rounds up to a power of two.</summary>
    public required uint SubmissionEntries { get; init; }

    /// <summary>Operations that can be in flight, from prepared to reaped: at least <see cref="SubmissionEntries"/>, at most 65536;
    /// rounded up likewise.</summary>
    public required uint CompletionEntries { get; init; }

    /// <summary>The mode to try first.</summary>
    public IoUringMode PreferredMode { get; init; }

    /// <summary>Entries of 128 bytes and results of 32 bytes (Linux 5.19), for commands to NVMe devices only
    /// (<see cref="IoUring.TryNvmeCommand"/>).</summary>
    public bool IsWide { get; init; }

    /// <summary>Results are looked for at the disk, which has to support that (IORING_SETUP_IOPOLL); reads and writes of direct files only.</summary>
    public bool IsPolled { get; init; }
}

public sealed unsafe partial class IoUring
{
    private const IoUringFeatures RequiredFeatures = IoUringFeatures.SingleMap | IoUringFeatures.NoDrop | IoUringFeatures.SubmitStable;
    private const IoUringSetupFlags WideFlags = IoUringSetupFlags.WideSubmissions | IoUringSetupFlags.WideCompletions;
    private const long OffsetRings = 0;
    private const long OffsetEntries = 0x1000_0000;
    private const int ProbeRecords = 256;

    /// <summary>Makes a ring. It takes operations after <see cref="Start"/>, which the thread that will own it calls.</summary>
    /// <param name="options">Sizes and mode.</param>
    /// <param name="ring">The ring, or null.</param>
    /// <param name="problem">What is wrong and what would help, one line; empty on success.</param>
    /// <returns>0 or a negated errno.</returns>
    public static int Create(in IoUringOptions options, out IoUring? ring, out string problem)
    {
        ring = null;
        problem = string.Empty;
        IoUringParameters parameters = default;
        int fd = -Errno.EINVAL;
        IoUringMode mode = options.PreferredMode;
        for (; mode <= IoUringMode.Plain; mode++)
        {
            parameters = default;
            parameters.Flags = FlagsOf(mode) | (options.IsWide ? WideFlags : IoUringSetupFlags.None)
                | (options.IsPolled ? IoUringSetupFlags.Polled : IoUringSetupFlags.None);
            parameters.CompletionEntries = options.CompletionEntries;
            fd = IoUringSystemCalls.Setup(options.SubmissionEntries, &parameters);
            // An unknown flag is EINVAL, and so are bad sizes: those fail in the last mode too.
            if (fd != -Errno.EINVAL)
            {
                break;
            }
        }
        if (fd < 0)
        {
            problem = Explain(fd, fd == -Errno.EPERM ? ReadDisabledSetting() : -1, options);
            return fd;
        }
        IoUring made = new(fd, mode, parameters);
        int result = made.Finish(parameters);
        if (result < 0)
        {
            made.Dispose();
            problem = result == -Errno.ENOSYS
                ? $"io_uring of this kernel is too old: Linux {(options.IsWide ? "5.19" : "5.10")} or later is needed"
                : "io_uring ring cannot be mapped: " + Errno.Describe(result);
            return result;
        }
        ring = made;
        return 0;
    }

    private static IoUringSetupFlags FlagsOf(IoUringMode mode)
    {
        // Disabled at first, so that the thread that starts it becomes the single issuer and not the thread that makes it.
        const IoUringSetupFlags Always = IoUringSetupFlags.Disabled | IoUringSetupFlags.CompletionQueueSize;
        const IoUringSetupFlags Recent = Always | IoUringSetupFlags.TaskRunFlag | IoUringSetupFlags.SubmitAll;
        return mode switch
        {
            IoUringMode.DeferredTaskRun => Recent | IoUringSetupFlags.SingleIssuer | IoUringSetupFlags.DeferTaskRun,
            IoUringMode.CooperativeTaskRun => Recent | IoUringSetupFlags.CooperativeTaskRun,
            _ => Always,
        };
    }

    /// <summary>The reason why io_uring_setup failed, for a person.</summary>
    internal static string Explain(int error, int disabledSetting, in IoUringOptions options) => -error switch
    {
        Errno.ENOSYS => "io_uring is not in this kernel, or a seccomp filter hides it: Linux 5.10 or later is needed",
        Errno.EPERM when disabledSetting == 2 => "io_uring is disabled: the sysctl kernel.io_uring_disabled is 2, it must be 0 "
            + "(or 1 with this user in the group of kernel.io_uring_group)",
        Errno.EPERM when disabledSetting == 1 => "io_uring is restricted: the sysctl kernel.io_uring_disabled is 1 and this process has "
            + "neither CAP_SYS_ADMIN nor the group of kernel.io_uring_group",
        Errno.EPERM => "io_uring is forbidden to this process, most likely by a container's seccomp filter: allow io_uring_setup, "
            + "io_uring_enter and io_uring_register",
        Errno.ENOMEM => "no memory for an io_uring ring of this size: raise the locked-memory limit (ulimit -l) or make the ring smaller",
        Errno.EINVAL when options.IsWide => FormattableString.Invariant(
            $"io_uring refuses {options.SubmissionEntries} submission and {options.CompletionEntries} completion entries of the wide kind that ")
            + "NVMe passthrough needs: Linux 5.19 or later is needed",
        Errno.EINVAL => FormattableString.Invariant(
            $"io_uring refuses {options.SubmissionEntries} submission and {options.CompletionEntries} completion entries ")
            + "(allowed: 1 to 32768, and from as many to 65536), or the kernel is older than Linux 5.10",
        _ => "io_uring cannot be set up: " + Errno.Describe(error),
    };

    /// <summary>The value of kernel.io_uring_disabled, or -1 where the kernel has no such setting.</summary>
    private static int ReadDisabledSetting()
    {
        int fd = Files.Open("/proc/sys/kernel/io_uring_disabled", OpenFlags.ReadOnly);
        if (fd < 0)
        {
            return -1;
        }
        byte digit;
        long read = Files.Read(fd, &digit, 1);
        _ = Files.Close(fd);
        return read == 1 && digit is >= (byte)'0' and <= (byte)'9' ? digit - '0' : -1;
    }

    /// <summary>Maps the rings and asks what the kernel supports.</summary>
    private int Finish(in IoUringParameters parameters)
    {
        if ((parameters.Features & RequiredFeatures) != RequiredFeatures)
        {
            return -Errno.ENOSYS;
        }
        nuint submissionBytes = parameters.SubmissionRing.Array + ((nuint)parameters.SubmissionEntries * sizeof(uint));
        nuint completionBytes = parameters.CompletionRing.Entries
            + ((nuint)parameters.CompletionEntries * (nuint)(IsWide ? sizeof(IoUringWideCompletion) : sizeof(IoUringCompletion)));
        _ringsBytes = Math.Max(submissionBytes, completionBytes);
        int result = MapPart(OffsetRings, _ringsBytes, out _rings);
        if (result < 0)
        {
            return result;
        }
        _entriesBytes = (nuint)parameters.SubmissionEntries * (nuint)(IsWide ? sizeof(WideSubmissionEntry) : sizeof(SubmissionEntry));
        result = MapPart(OffsetEntries, _entriesBytes, out void* entries);
        if (result < 0)
        {
            return result;
        }
        _entries = (SubmissionEntry*)entries;
        PointInto((byte*)_rings, parameters);
        result = Probe();
        return result == 0 && IsWide && !Supports(IoUringOperation.DeviceCommand) ? -Errno.ENOSYS : result;
    }

    private int MapPart(long offset, nuint lengthBytes, out void* address) =>
        MemoryMappings.MapFile(_fd, offset, lengthBytes, MemoryProtection.ReadWrite, MapFlags.Shared | MapFlags.Populate, out address);

    /// <summary>Takes the pointers to the shared words. They are valid for as long as the mapping: the offsets are the kernel's
    /// own.</summary>
    private void PointInto(byte* rings, in IoUringParameters parameters)
    {
        _submissionHead = (uint*)(rings + parameters.SubmissionRing.Head);
        _submissionTail = (uint*)(rings + parameters.SubmissionRing.Tail);
        _submissionFlags = (uint*)(rings + parameters.SubmissionRing.Flags);
        _completionHead = (uint*)(rings + parameters.CompletionRing.Head);
        _completionTail = (uint*)(rings + parameters.CompletionRing.Tail);
        _completionOverflow = (uint*)(rings + parameters.CompletionRing.Overflow);
        _completions = (IoUringCompletion*)(rings + parameters.CompletionRing.Entries);
        // The ring of indices is written once: place n of the ring always means entry n.
        uint* array = (uint*)(rings + parameters.SubmissionRing.Array);
        for (uint i = 0; i < SubmissionEntries; i++)
        {
            array[i] = i;
        }
        _preparedTail = _submittedTail = *_submissionTail;
        _reapedHead = *_completionHead;
    }

    private int Probe()
    {
        byte* buffer = stackalloc byte[sizeof(ProbeHeader) + (ProbeRecords * sizeof(ProbeRecord))];
        new Span<byte>(buffer, sizeof(ProbeHeader) + (ProbeRecords * sizeof(ProbeRecord))).Clear();
        int result = IoUringSystemCalls.Register(_fd, IoUringRegister.Probe, buffer, ProbeRecords);
        if (result < 0)
        {
            return result;
        }
        int count = ((ProbeHeader*)buffer)->Count;
        ProbeRecord* records = (ProbeRecord*)(buffer + sizeof(ProbeHeader));
        for (int i = 0; i < count; i++)
        {
            if ((records[i].Flags & ProbeRecord.Supported) != 0 && records[i].Operation < 64)
            {
                _supported |= 1ul << records[i].Operation;
            }
        }
        return 0;
    }
}
