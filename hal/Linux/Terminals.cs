// Terminals: their modes and speeds by termios2, which takes any number of bauds. What is sent over them is the caller's.

using System;
using System.Runtime.InteropServices;

namespace Nvmepf.Hal.Linux;

/// <summary>Modes of a terminal (struct termios2, the same on x86-64 and arm64), 44 bytes.</summary>
[StructLayout(LayoutKind.Explicit, Size = 44)]
public unsafe struct TerminalModes
{
    /// <summary>c_iflag.</summary>
    [FieldOffset(0)] public uint Input;
    /// <summary>c_oflag.</summary>
    [FieldOffset(4)] public uint Output;
    /// <summary>c_cflag.</summary>
    [FieldOffset(8)] public uint Control;
    /// <summary>c_lflag.</summary>
    [FieldOffset(12)] public uint Local;
    /// <summary>c_line.</summary>
    [FieldOffset(16)] public byte LineDiscipline;
    /// <summary>c_cc, 19 characters.</summary>
    [FieldOffset(17)] public fixed byte Characters[19];
    /// <summary>c_ispeed in baud.</summary>
    [FieldOffset(36)] public uint InputSpeedBaud;
    /// <summary>c_ospeed in baud.</summary>
    [FieldOffset(40)] public uint OutputSpeedBaud;
}

/// <summary>Calls on terminals. All return 0 or the negated errno.</summary>
public static unsafe partial class Terminals
{
    private const nuint GetModesRequest = 0x802C_542A; // TCGETS2
    private const nuint SetModesRequest = 0x402C_542B; // TCSETS2
    private const nuint FlushRequest = 0x540B; // TCFLSH
    private const nuint FlushBoth = 2; // TCIOFLUSH

    // c_iflag
    private const uint ParityMark = 0x8;
    private const uint StripEighthBit = 0x20;
    private const uint MapNewlineToReturn = 0x40;
    private const uint IgnoreReturn = 0x80;
    private const uint MapReturnToNewline = 0x100;
    private const uint FlowControlOfOutput = 0x400; // IXON
    private const uint FlowControlOfInput = 0x1000; // IXOFF
    private const uint BreakInterrupts = 0x2;
    private const uint IgnoreBreak = 0x1;

    // c_oflag
    private const uint PostProcess = 0x1;

    // c_cflag
    private const uint SpeedMask = 0x100F;
    private const uint SpeedByNumber = 0x1000; // BOTHER
    private const int InputSpeedShift = 16;
    private const uint SizeMask = 0x30;
    private const uint EightBits = 0x30;
    private const uint ReceiverEnable = 0x80;
    private const uint ParityEnable = 0x100;
    private const uint IgnoreModemLines = 0x800; // CLOCAL

    // c_lflag
    private const uint Signals = 0x1;
    private const uint Canonical = 0x2;
    private const uint EchoFlags = 0x8 | 0x10 | 0x20 | 0x40;
    private const uint Extended = 0x8000;

    private const int MinimumIndex = 6; // VMIN
    private const int TimeIndex = 5; // VTIME

    /// <summary>Tells the modes. -ENOTTY for what is no terminal.</summary>
    public static int GetModes(int fd, out TerminalModes modes)
    {
        modes = default;
        fixed (TerminalModes* value = &modes)
        {
            return Errno.Result(Native.Ioctl(fd, GetModesRequest, (nuint)value));
        }
    }

    /// <summary>Sets the modes at once.</summary>
    public static int SetModes(int fd, in TerminalModes modes)
    {
        fixed (TerminalModes* value = &modes)
        {
            return Errno.Result(Native.Ioctl(fd, SetModesRequest, (nuint)value));
        }
    }

    /// <summary>
    /// The modes of a terminal whose bytes all reach the program as they are, eight bits, without echo; XON and XOFF (^Q, ^S) stay the line's own
    /// and hold back the other side's output. Modem lines are ignored.
    /// </summary>
    public static TerminalModes Raw(TerminalModes modes)
    {
        modes.Input &= ~(IgnoreBreak | BreakInterrupts | ParityMark | StripEighthBit | MapNewlineToReturn | IgnoreReturn | MapReturnToNewline);
        modes.Input |= FlowControlOfOutput | FlowControlOfInput;
        modes.Output &= ~PostProcess;
        modes.Local &= ~(Signals | Canonical | EchoFlags | Extended);
        modes.Control &= ~(SizeMask | ParityEnable);
        modes.Control |= EightBits | ReceiverEnable | IgnoreModemLines;
        modes.Characters[MinimumIndex] = 1;
        modes.Characters[TimeIndex] = 0;
        return modes;
    }

    /// <summary>The modes with a speed in baud in both directions, any that the hardware can.</summary>
    public static TerminalModes WithSpeed(TerminalModes modes, uint speedBaud)
    {
        modes.Control &= ~(SpeedMask | (SpeedMask << InputSpeedShift));
        modes.Control |= SpeedByNumber | (SpeedByNumber << InputSpeedShift);
        modes.InputSpeedBaud = speedBaud;
        modes.OutputSpeedBaud = speedBaud;
        return modes;
    }

    /// <summary>Throws away what was received and not read, and what was written and not sent.</summary>
    public static int Discard(int fd) => Errno.Result(Native.Ioctl(fd, FlushRequest, FlushBoth));

    private static partial class Native
    {
        // ioctl is variadic in C; a pointer or an integer travels in the same register either way on x86-64 and arm64 Linux.
        [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
        internal static partial int Ioctl(int fd, nuint request, nuint argument);
    }
}
