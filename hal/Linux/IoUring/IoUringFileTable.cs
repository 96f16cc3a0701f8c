// Registered files of a ring: a table made with the ring, whose places the owner fills. An operation that names a place saves the kernel two
// atomic counts on the file. A file stays open as long as it stands in the table, so who closes one has its place emptied first, from any thread.

using System;
using System.Threading;

namespace Nvmepf.Hal.Linux;

public sealed unsafe partial class IoUring
{
    private const int FilePlaces = 256;

    private const int FreePlace = 0;
    private const int TakenPlace = 1;
    private const int RetiredPlace = 2; // its file goes; the owner empties it

    private readonly int[] _filePlaces = new int[FilePlaces];
    private int _hasRetiredFiles;
    private bool _hasFileTable;
    private int _wakeDescriptor = -1; // of RegisterEvent

    /// <summary>Whether files are to be let go: <see cref="DropRetiredFiles"/> does it.</summary>
    public bool HasRetiredFiles => Volatile.Read(ref _hasRetiredFiles) != 0 || _polled is { HasRetiredFiles: true };

    /// <summary>Whether the calling thread is the owner.</summary>
    public bool IsOwnedByCaller => _ownerThread == Threads.CurrentThreadId();

    /// <summary>Makes the table; before <see cref="Start"/>, or on the owner's thread.</summary>
    /// <returns>0 or a negated errno: without a table <see cref="TakeFilePlace"/> has none to give.</returns>
    public int OpenFileTable()
    {
        int[] none = new int[FilePlaces];
        Array.Fill(none, -1);
        int result = RegisterFiles(none);
        _hasFileTable = result == 0;
        return result;
    }

    /// <summary>Puts a file into the table. One system call; the owner's.</summary>
    /// <returns>The place, for operations with <see cref="SubmissionFlags.FixedFile"/>; or -1, where there is none left or no table.</returns>
    public int TakeFilePlace(int fd)
    {
        AssertOwner();
        for (int i = 0; _hasFileTable && i < FilePlaces; i++)
        {
            if (_filePlaces[i] == FreePlace)
            {
                bool isTaken = UpdateFile((uint)i, fd) == 0;
                _filePlaces[i] = isTaken ? TakenPlace : FreePlace;
                return isTaken ? i : -1;
            }
        }

        return -1;
    }

    /// <summary>Has a place emptied, so that its file can be closed; no operation uses it any more. Any thread.</summary>
    /// <param name="place">What <see cref="TakeFilePlace"/> gave.</param>
    /// <param name="patienceNanoseconds">How long to wait for the owner, which empties it in its next turn.</param>
    /// <returns>False where the owner did not come to it: the file stays open until the ring goes.</returns>
    public bool RetireFilePlace(int place, long patienceNanoseconds)
    {
        if (!Volatile.Read(ref _hasFileTable))
        {
            return true;
        }

        Volatile.Write(ref _filePlaces[place], RetiredPlace);
        Volatile.Write(ref _hasRetiredFiles, 1);
        if (IsOwnedByCaller)
        {
            DropRetiredFiles();
        }

        if (_fd >= 0 && _wakeDescriptor >= 0)
        {
            _ = Events.Signal(_wakeDescriptor);
        }

        long end = Clock.MonotonicNanoseconds() + patienceNanoseconds;
        while (Volatile.Read(ref _fd) >= 0 && Volatile.Read(ref _hasFileTable) && Volatile.Read(ref _filePlaces[place]) == RetiredPlace)
        {
            if (Clock.MonotonicNanoseconds() > end)
            {
                return false;
            }

            _ = Clock.Sleep(100_000);
        }

        return true;
    }

    /// <summary>
    /// Lets go of all files and memory; nothing is in flight. The owner's, at its end: after a ring was closed the kernel does it too, but at a time
    /// of its own, and until then a file's lock stays.
    /// </summary>
    public void CloseTables()
    {
        AssertOwner();
        ForgetMemory();
        if (_hasFileTable)
        {
            _ = UnregisterFiles();
            Volatile.Write(ref _hasFileTable, false);
        }

        _polled?.CloseTables();
    }

    /// <summary>Empties the places that were retired. The owner's.</summary>
    public void DropRetiredFiles()
    {
        Volatile.Write(ref _hasRetiredFiles, 0);
        Interlocked.MemoryBarrier(); // one that is retired from here on sets the flag again
        for (int i = 0; i < FilePlaces; i++)
        {
            if (Volatile.Read(ref _filePlaces[i]) == RetiredPlace)
            {
                _ = UpdateFile((uint)i, -1);
                Volatile.Write(ref _filePlaces[i], FreePlace);
            }
        }

        _polled?.DropRetiredFiles();
    }
}
