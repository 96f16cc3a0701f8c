using System.Globalization;
using Nvmepf.Hal;
using Nvmepf.Hal.Linux;

namespace Nvmepf.Firmware.Namespaces;

/// <summary>
/// A regular file or block device, opened for a namespace: what exists, what is created, how large it is, and how it can be accessed.
/// Everything here happens before start, so it may allocate and throws a line for the user.
/// </summary>
/// <remarks>
/// Size rules for regular files: a missing or empty file is created with the wanted size, as a hole; an existing file is used as it is,
/// and a wanted size that differs from it is an error, because growing or cutting somebody's disk image is not ours to guess.
/// Moves no data; <see cref="FileBackend"/> does.
/// </remarks>
internal sealed unsafe class BackingFile : IDisposable
{
    /// <summary>The largest alignment that is used directly: every buffer of the firmware starts and ends on such a boundary.</summary>
    internal const uint AlignmentMax = 4096;

    // The kernel ends the io_uring of a killed process, and with it locks on files in the ring's table, some time after the process.
    private const int ReleaseLooks = 20;
    private const long ReleaseLookNanoseconds = 25_000_000;

    private readonly string _path;
    private int _descriptor;

    private BackingFile(string path, int descriptor)
    {
        _path = path;
        _descriptor = descriptor;
    }

    /// <summary>The open file.</summary>
    internal int Descriptor => _descriptor;

    /// <summary>Size in bytes.</summary>
    internal ulong SizeBytes { get; private set; }

    /// <summary>The smallest unit that can be transferred, in bytes.</summary>
    internal uint BlockBytes { get; private set; } = 512;

    /// <summary>What memory, offset and length of a transfer must be multiples of; 1 where it does not matter (buffered).</summary>
    internal uint AlignmentBytes { get; private set; } = 1;

    /// <summary>True where transfers bypass the page cache.</summary>
    internal bool IsDirect => AlignmentBytes > 1;

    /// <summary>True for a file in memory (tmpfs, ramfs): a transfer is a copy and waits for no disk.</summary>
    internal bool IsInMemory { get; private set; }

    /// <summary>True for a block device.</summary>
    internal bool IsBlockDevice { get; private set; }

    /// <summary>True where holes can be punched (regular file) or ranges discarded with zeroing (block device).</summary>
    internal bool CanPunchHoles { get; private set; }

    /// <summary>False where the block device, the one that a file lies on included, says that it has no queues that are polled.</summary>
    internal bool MayHavePollQueues { get; private set; }

    /// <summary>Opens or creates the file, locks it against other servers and finds out how to access it.</summary>
    /// <param name="path">Path of a regular file or block device.</param>
    /// <param name="sizeBytes">Wanted size in bytes, or null for what there is.</param>
    /// <param name="blockBytes">Logical block of the namespace: direct access is used where it can transfer such blocks.</param>
    /// <param name="isDeviceWanted">True where only a block device will do.</param>
    /// <param name="isBuffered">True for transfers through the page cache even where they need not.</param>
    /// <exception cref="PlatformException">It cannot be used; the message says why and what is allowed.</exception>
    internal static BackingFile Open(string path, ulong? sizeBytes, uint blockBytes, bool isDeviceWanted, bool isBuffered = false)
    {
        // Without waiting: opening a named pipe by mistake would hang here.
        int descriptor = Files.Open(path, OpenFlags.ReadWrite | OpenFlags.NonBlocking);
        bool isNew = descriptor == -Errno.ENOENT && sizeBytes is not null && !isDeviceWanted;
        if (isNew)
        {
            descriptor = Files.Open(path, OpenFlags.ReadWrite | OpenFlags.Create | OpenFlags.Exclusive);
        }

        if (descriptor < 0)
        {
            throw Problem(path, descriptor == -Errno.ENOENT && !isDeviceWanted
                ? "does not exist; give a size to create it (size=4G)"
                : "cannot " + (isNew ? "create it: " : "open it for reading and writing: ") + Errno.Describe(descriptor));
        }

        BackingFile file = new(path, descriptor);
        try
        {
            file.Examine(sizeBytes, blockBytes, isDeviceWanted, isBuffered);
            return file;
        }
        catch
        {
            file.Dispose();
            if (isNew)
            {
                _ = Files.Unlink(path);
            }

            throw;
        }
    }

    /// <summary>Size in bytes as it is now; somebody may have made the file or device larger or smaller. The last known one where that cannot be told.</summary>
    internal ulong MeasureBytes()
    {
        if (IsBlockDevice)
        {
            return BlockDevices.Size(_descriptor, out ulong present) < 0 ? SizeBytes : present;
        }

        return Files.Status(_descriptor, out FileStatus status) < 0 ? SizeBytes : status.SizeBytes;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_descriptor >= 0)
        {
            _ = Files.Close(_descriptor);
            _descriptor = -1;
        }
    }

    private static PlatformException Problem(string path, string what) => new($"{path}: {what}");

    private static string Bytes(ulong count) => count.ToString(CultureInfo.InvariantCulture) + " bytes";

    private void Examine(ulong? sizeBytes, uint blockBytes, bool isDeviceWanted, bool isBuffered)
    {
        FileStatus status = GetStatus();
        switch (status.Type)
        {
            case FileType.Regular when !isDeviceWanted:
                Lock();
                SetSize(sizeBytes);
                if (isBuffered)
                {
                    SetBuffered();
                }
                else
                {
                    FindDirectAccess(blockBytes);
                }

                ProbeHolePunch();
                IsInMemory = FileSystems.TypeOf(_descriptor, out FileSystemType type) == 0 && type is FileSystemType.Tmpfs or FileSystemType.Ramfs;
                break;
            case FileType.BlockDevice:
                IsBlockDevice = true;
                OpenDevice(sizeBytes, isBuffered);
                ReadDeviceLimits(status);
                break;
            default:
                throw Problem(_path, isDeviceWanted ? "is not a block device" : "is neither a regular file nor a block device");
        }

        MayHavePollQueues = ReadQueueSetting(status, "io_poll") != "0";
        if (SizeBytes < blockBytes)
        {
            throw Problem(_path, $"holds {Bytes(SizeBytes)}; a namespace needs at least one block of {Bytes(blockBytes)}");
        }
    }

    private FileStatus GetStatus()
    {
        int result = Files.Status(_descriptor, out FileStatus status);
        return result < 0 ? throw Problem(_path, "cannot examine it: " + Errno.Describe(result)) : status;
    }

    /// <summary>Two servers on one file would destroy it. The lock goes with the process, however that ends.</summary>
    private void Lock()
    {
        int result = Files.Lock(_descriptor, LockOperation.Exclusive | LockOperation.NonBlocking);
        for (int i = 0; i < ReleaseLooks && result == -Errno.EAGAIN; i++)
        {
            _ = Clock.Sleep(ReleaseLookNanoseconds);
            result = Files.Lock(_descriptor, LockOperation.Exclusive | LockOperation.NonBlocking);
        }

        if (result == -Errno.EAGAIN)
        {
            throw Problem(_path, "is locked by another process; a file serves one namespace at a time");
        }

        // A file system without locks (some network ones) is used without.
        if (result < 0 && result != -Errno.EOPNOTSUPP && result != -Errno.ENOSYS)
        {
            throw Problem(_path, "cannot lock it: " + Errno.Describe(result));
        }
    }

    private void SetSize(ulong? sizeBytes)
    {
        // Asked again under the lock: the other server may just have set it.
        ulong present = GetStatus().SizeBytes;
        if (present == 0 && sizeBytes is null)
        {
            throw Problem(_path, "is empty; give a size (size=4G)");
        }

        if (present != 0 && sizeBytes is not null && sizeBytes != present)
        {
            throw Problem(_path, $"holds {Bytes(present)}, but {Bytes(sizeBytes.Value)} are wanted; leave the size out to use the file " +
                "as it is, or resize it first (truncate -s)");
        }

        SizeBytes = sizeBytes ?? present;
        CheckFileSizeLimit();
        if (present != 0)
        {
            return;
        }

        int result = SizeBytes > long.MaxValue ? -Errno.EFBIG : Files.Truncate(_descriptor, (long)SizeBytes);
        if (result < 0)
        {
            throw Problem(_path, $"cannot set its size to {Bytes(SizeBytes)}: {Errno.Describe(result)}");
        }

        MakeDurable();
    }

    /// <summary>
    /// A write beyond the process's file size limit raises a signal whose default is to kill the process: refuse to start like that.
    /// </summary>
    private void CheckFileSizeLimit()
    {
        if (FileSizeLimit.Read() is ulong limit && limit < SizeBytes)
        {
            throw Problem(_path, $"needs {Bytes(SizeBytes)}, but this process may write files up to {Bytes(limit)} only; raise the limit " +
                "(ulimit -f, or LimitFSIZE of systemd)");
        }
    }

    /// <summary>
    /// A new file must not be lost with power after writes to it were acknowledged as durable: its size and its name count too.
    /// </summary>
    private void MakeDurable()
    {
        int result = Files.Sync(_descriptor);
        if (result < 0)
        {
            throw Problem(_path, "cannot make its size durable: " + Errno.Describe(result));
        }

        string directory = Path.GetDirectoryName(Path.GetFullPath(_path)) ?? "/";
        int descriptor = Files.Open(directory, OpenFlags.ReadOnly | OpenFlags.Directory);
        if (descriptor >= 0)
        {
            // Not every file system syncs directories; those that do not, keep names durable in another way or not at all.
            _ = Files.Sync(descriptor);
            _ = Files.Close(descriptor);
        }
    }

    /// <summary>Bypasses the page cache where the file system can do that for the namespace's blocks; else stays buffered.</summary>
    private void FindDirectAccess(uint blockBytes)
    {
        FileStatus status = GetStatus();
        uint alignment = blockBytes;
        if (status.HasDirectIoAlignment)
        {
            alignment = Math.Max(status.DirectIoMemoryAlignmentBytes, status.DirectIoOffsetAlignmentBytes);
            if (status.DirectIoOffsetAlignmentBytes == 0 || status.DirectIoOffsetAlignmentBytes > blockBytes || alignment > AlignmentMax)
            {
                SetBuffered();
                return;
            }
        }

        // The kernel may not say (before 6.1), so the proof is a transfer that succeeds.
        alignment = Math.Clamp(alignment, 2, AlignmentMax);
        if (Files.SetFlags(_descriptor, OpenFlags.ReadWrite | OpenFlags.Direct) < 0 || !CanRead(Math.Max(alignment, blockBytes)))
        {
            SetBuffered();
            return;
        }

        AlignmentBytes = alignment;
    }

    // Takes the non-blocking flag of Open off too: io_uring would hand out EAGAIN for it.
    private void SetBuffered() => _ = Files.SetFlags(_descriptor, OpenFlags.ReadWrite);

    private bool CanRead(uint lengthBytes)
    {
        if (lengthBytes > SizeBytes || MemoryMappings.MapAnonymous(lengthBytes, 0, out void* memory) < 0)
        {
            return false;
        }

        long result = Files.ReadAt(_descriptor, memory, lengthBytes, 0);
        _ = MemoryMappings.Unmap(memory, lengthBytes);
        return result == lengthBytes;
    }

    /// <summary>Punching past the end changes nothing and still tells whether the file system knows how.</summary>
    private void ProbeHolePunch() => CanPunchHoles =
        SizeBytes <= long.MaxValue - 2 * AlignmentMax &&
        Files.Allocate(
            _descriptor,
            FallocateMode.PunchHole | FallocateMode.KeepSize,
            (long)((SizeBytes + AlignmentMax - 1) & ~(ulong)(AlignmentMax - 1)),
            AlignmentMax) == 0;

    /// <summary>
    /// Opens the device again, direct where that is wanted, and for this process alone: refused where a mounted file system, a RAID or a server has it.
    /// </summary>
    private void OpenDevice(ulong? sizeBytes, bool isBuffered)
    {
        int descriptor = Files.Open(_path, OpenFlags.ReadWrite | OpenFlags.Exclusive | (isBuffered ? 0 : OpenFlags.Direct));
        for (int i = 0; i < ReleaseLooks && descriptor == -Errno.EBUSY; i++)
        {
            _ = Clock.Sleep(ReleaseLookNanoseconds);
            descriptor = Files.Open(_path, OpenFlags.ReadWrite | OpenFlags.Exclusive | (isBuffered ? 0 : OpenFlags.Direct));
        }

        if (descriptor < 0)
        {
            throw Problem(_path, descriptor == -Errno.EBUSY
                ? "is in use (mounted, part of another device, or served already)"
                : "cannot open it for this process alone: " + Errno.Describe(descriptor));
        }

        _ = Files.Close(_descriptor);
        _descriptor = descriptor;
        int result = BlockDevices.Size(descriptor, out ulong present);
        int block = BlockDevices.LogicalSectorSize(descriptor);
        int readOnly = BlockDevices.IsReadOnly(descriptor);
        if (readOnly > 0)
        {
            throw Problem(_path, "is read-only");
        }

        int worst = Math.Min(result, Math.Min(block, readOnly));
        if (worst < 0)
        {
            throw Problem(_path, "cannot examine it: " + Errno.Describe(worst));
        }

        if (block > AlignmentMax)
        {
            throw Problem(_path, $"has logical blocks of {block} bytes; up to {AlignmentMax} are supported");
        }

        if (sizeBytes is not null && sizeBytes != present)
        {
            throw Problem(_path, $"holds {Bytes(present)}, but {Bytes(sizeBytes.Value)} are wanted; leave the size out for a block device");
        }

        SizeBytes = present;
        BlockBytes = (uint)block;
        AlignmentBytes = isBuffered ? 1 : (uint)block;
    }

    /// <summary>
    /// A block device discards with zeroing by its write-zeroes command. Where nothing is said of that, the first attempt tells.
    /// </summary>
    private void ReadDeviceLimits(in FileStatus status) => CanPunchHoles = ReadQueueSetting(status, "write_zeroes_max_bytes") != "0";

    /// <summary>
    /// What sysfs says of a block device, or of the one that a file lies on; of a partition one level up. Empty where it says nothing.
    /// </summary>
    private string ReadQueueSetting(in FileStatus status, string name)
    {
        string device = IsBlockDevice
            ? string.Create(CultureInfo.InvariantCulture, $"/sys/dev/block/{status.RepresentedDeviceMajor}:{status.RepresentedDeviceMinor}")
            : string.Create(CultureInfo.InvariantCulture, $"/sys/dev/block/{status.DeviceMajor}:{status.DeviceMinor}");
        string text = ReadOrEmpty($"{device}/queue/{name}");
        return text.Length > 0 ? text : ReadOrEmpty($"{device}/../queue/{name}");
    }

    private static string ReadOrEmpty(string path)
    {
        try
        {
            return File.ReadAllText(path).Trim();
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            return string.Empty;
        }
    }
}
