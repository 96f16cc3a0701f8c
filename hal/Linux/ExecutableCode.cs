namespace Nvmepf.Hal.Linux;

/// <summary>
/// Maps machine code so that it can be called. The mapping is never writable, and lasts as long as the process.
/// </summary>
/// <remarks>
/// The code goes through a memory file: written by a system call, mapped read and execute. That is how every program is loaded, so that the
/// kernel itself makes the data cache and the instruction cache agree when it maps the page (arm64 needs that; x86-64 does not). Code that
/// is written through a mapping of our own would need <c>dc cvau</c> and <c>ic ivau</c>, which are machine code themselves.
/// </remarks>
public static unsafe class ExecutableCode
{
    /// <summary>Maps a copy of <paramref name="code"/>; it begins at a page.</summary>
    /// <returns>0, or the negated errno (-EACCES where <c>vm.memfd_noexec</c> or a security module forbids it).</returns>
    public static int Map(ReadOnlySpan<byte> code, out void* address)
    {
        address = null;
        int file = MemoryMappings.CreateMemoryFile("nvmepf-code", MemoryFileFlags.None);
        if (file < 0)
        {
            return file;
        }

        int result;
        fixed (byte* bytes = code)
        {
            long written = Files.WriteAt(file, bytes, (nuint)code.Length, 0);
            result = written < 0 ? (int)written : written == code.Length ? 0 : -Errno.EIO;
        }

        if (result == 0)
        {
            const MemoryProtection Protection = MemoryProtection.Read | MemoryProtection.Execute;
            result = MemoryMappings.MapFile(file, 0, (nuint)code.Length, Protection, MapFlags.Private, out address);
        }

        _ = Files.Close(file);
        return result;
    }
}
