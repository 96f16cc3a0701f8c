using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.RegularExpressions;
using Nvmepf.Hal.Linux;
using Xunit;

namespace Nvmepf.Tests.Console;

/// <summary>A pseudo-terminal with a person at it: types, and waits with a deadline for what shall appear.</summary>
internal sealed unsafe partial class PseudoTerminal : IDisposable
{
    private const int DeadlineMilliseconds = 60_000;
    private const nuint UnlockRequest = 0x4004_5431; // TIOCSPTLCK
    private const nuint NumberRequest = 0x8004_5430; // TIOCGPTN
    private readonly StringBuilder _seen = new();
    private int _master;

    internal PseudoTerminal()
    {
        _master = Files.Open("/dev/ptmx", OpenFlags.ReadWrite | OpenFlags.NonBlocking | OpenFlags.NoControllingTerminal);
        Assert.True(_master >= 0, "a pseudo-terminal");
        int unlocked = 0;
        int number = -1;
        Assert.Equal(0, Ioctl(_master, UnlockRequest, &unlocked));
        Assert.Equal(0, Ioctl(_master, NumberRequest, &number));
        Path = $"/dev/pts/{number}";
    }

    /// <summary>The terminal's device.</summary>
    internal string Path { get; }

    /// <summary>Everything that has appeared and was not waited for yet.</summary>
    internal string Seen => _seen.ToString();

    /// <summary>The modes that the program at the terminal has set.</summary>
    internal TerminalModes Modes()
    {
        Assert.Equal(0, Terminals.GetModes(_master, out TerminalModes modes));
        return modes;
    }

    /// <summary>Types.</summary>
    internal void Type(string keys) => Type(Encoding.Latin1.GetBytes(keys));

    internal void Type(ReadOnlySpan<byte> keys)
    {
        long start = Stopwatch.GetTimestamp();
        while (keys.Length > 0)
        {
            long written;
            fixed (byte* bytes = keys)
            {
                written = Files.Write(_master, bytes, (nuint)keys.Length);
            }

            keys = keys[(int)Math.Max(0, written)..];
            Assert.True(Stopwatch.GetElapsedTime(start).TotalMilliseconds < DeadlineMilliseconds, "the terminal does not take what is typed");
            if (written <= 0)
            {
                Read(10);
            }
        }
    }

    /// <summary>Types one key if there is room for it; reads nothing.</summary>
    internal bool TryType(byte key) => Files.Write(_master, &key, 1) == 1;

    /// <summary>Waits for text, and returns everything up to its end.</summary>
    internal string WaitFor(string text)
    {
        long start = Stopwatch.GetTimestamp();
        while (true)
        {
            string seen = _seen.ToString();
            int at = seen.IndexOf(text, StringComparison.Ordinal);
            if (at >= 0)
            {
                _ = _seen.Remove(0, at + text.Length);
                return seen[..(at + text.Length)];
            }

            Assert.True(Stopwatch.GetElapsedTime(start).TotalMilliseconds < DeadlineMilliseconds, $"\"{text}\" did not appear; there is: {Shown(seen)}");
            Read(50);
        }
    }

    /// <summary>Types a line, and returns what is shown from after its echo to before the next prompt.</summary>
    internal string Ask(string line)
    {
        Type(line + "\r");
        _ = WaitFor("\r\n");
        string answer = WaitFor("\rnvmepf> ");
        return answer[..^"\rnvmepf> ".Length];
    }

    /// <summary>Reads what is there for a while.</summary>
    internal void Read(int milliseconds)
    {
        PollDescriptor poll = new() { Fd = _master, Events = PollEvents.In };
        if (Events.Poll(new Span<PollDescriptor>(ref poll), milliseconds * 1_000_000L) <= 0)
        {
            return;
        }

        byte* buffer = stackalloc byte[4096];
        long count = Files.Read(_master, buffer, 4096);
        if (count > 0)
        {
            _ = _seen.Append(Encoding.Latin1.GetString(buffer, (int)count));
        }
        else
        {
            Thread.Sleep(Math.Min(milliseconds, 10)); // nobody has the terminal open
        }
    }

    internal static string Shown(string text) => ControlCharacters().Replace(text, match => $"<{(int)match.Value[0]:x2}>");

    /// <summary>Hangs up.</summary>
    public void Dispose()
    {
        if (_master >= 0)
        {
            _ = Files.Close(_master);
            _master = -1;
        }
    }

    [GeneratedRegex("[\\x00-\\x09\\x0b-\\x1f\\x7f-\\xff]")]
    private static partial Regex ControlCharacters();

    [LibraryImport("libc", EntryPoint = "ioctl")]
    private static partial int Ioctl(int fd, nuint request, int* argument);
}
